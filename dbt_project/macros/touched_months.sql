{% macro kept_by_month(sources=none, months_back=[0]) -%}
    {{ return({
        'materialized': 'incremental',
        'incremental_strategy': 'append',
        'on_schema_change': 'fail',
        'pre_hook': "{% if is_incremental() %}delete from {{ this }} where {{ touched('month', " ~ sources ~ ", " ~ months_back ~ ") }}{% endif %}",
        'post_hook': 'analyze {{ this }}',
    }) }}
{%- endmacro %}

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

{% macro within(day, months) -%}
    (
    {%- for (month,) in (run_query(months).rows if execute else []) %}
        ({{ day }} >= date '{{ month }}' and {{ day }} < date '{{ month }}' + interval '1 month') or
    {%- endfor %}
        false
    )
{%- endmacro %}
