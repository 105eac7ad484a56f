{#- The newest release's rows of a mart as a relation to select from; before there is a release it has no row. -#}
{% macro newest_release(mart) -%}
    {%- set stored = adapter.get_relation(target.database, 'store', mart) if execute -%}
    {%- if stored -%}
        (select * from {{ stored }} where valid_to_release = 9223372036854775807)
    {%- else -%}
        (select *, cast(null as bigint) as valid_from_release from {{ ref(mart) }} where false)
    {%- endif -%}
{%- endmacro %}

{#- The newest release's revisions: what earlier releases showed first, also where their rows are gone by now. -#}
{% macro newest_revisions() -%}
    {%- set stored = adapter.get_relation(target.database, 'store', 'revision') if execute -%}
    {%- if stored -%}
        (select * from {{ stored }} where valid_to_release = 9223372036854775807)
    {%- else -%}
        (
            select
                cast(null as text) as mart,
                cast(null as text) as metric,
                cast(null as text) as period_type,
                cast(null as date) as period_start,
                cast(null as text) as basis,
                cast(null as text) as product_group,
                cast(null as text) as market_level,
                cast(null as text) as market_group,
                cast(null as bigint) as first_release_id,
                cast(null as numeric) as first_value
            where false
        )
    {%- endif -%}
{%- endmacro %}
