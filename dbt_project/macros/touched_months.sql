{#-
  Incremental by touched month: what the loads since the last build touched is deleted and built anew, month by
  month, in one transaction; the other months stay. ops.months_to_build says which months these are. A full
  refresh builds every month.
-#}

{#- Config of a table that is kept by month; `sources` and `months_back` as in touched(). -#}
{% macro kept_by_month(sources=none, months_back=[0]) -%}
    {{ return({
        'materialized': 'incremental',
        'incremental_strategy': 'append',
        'on_schema_change': 'fail',
        'pre_hook': "{% if is_incremental() %}delete from {{ this }} where {{ touched('month', " ~ sources ~ ", " ~ months_back ~ ") }}{% endif %}",
        'post_hook': 'analyze {{ this }}',
    }) }}
{%- endmacro %}

{#-
  Whether a day, or a month's first day, lies in a touched month.
  `sources` whose loads touch it: the cluster's sales unless said. `months_back`: 12 for a month that is built anew
  because the month a year before it was touched.
-#}
{% macro touched(day, sources=none, months_back=[0]) -%}
    {%- if not execute or not is_incremental() -%}
        true
    {%- else -%}
        {{ within(
            day,
            "select distinct cast(month + make_interval(months => back) as date) as month from ops.months_to_build"
            " cross join unnest(array" ~ months_back ~ ") as back where source in ('"
            ~ (sources or ['enterprise_orders', 'customs_exports']) | join("', '") ~ "') order by month"
        ) }}
    {%- endif -%}
{%- endmacro %}

{#- Whether a day lies in one of the months (first days) that a query finds: literal ranges, for the index to find. -#}
{% macro within(day, months) -%}
    (
    {%- for (month,) in (run_query(months).rows if execute else []) %}
        ({{ day }} >= date '{{ month }}' and {{ day }} < date '{{ month }}' + interval '1 month') or
    {%- endfor %}
        false
    )
{%- endmacro %}
