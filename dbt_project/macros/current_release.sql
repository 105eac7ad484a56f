{#-
  What readers see of a mart, as a relation to select from; before there is a release it has no row. After a
  rollback that is the older release: the next one goes on from there.
-#}
{% macro current_release(mart) -%}
    {%- set stored = adapter.get_relation(target.database, 'store', mart) if execute -%}
    {%- if stored -%}
        {{ rows_readers_see(stored) }}
    {%- else -%}
        (select *, cast(null as bigint) as valid_from_release from {{ ref(mart) }} where false)
    {%- endif -%}
{%- endmacro %}

{#- The revisions that readers see: what earlier releases showed first, also where their rows are gone by now. -#}
{% macro current_revisions() -%}
    {%- set stored = adapter.get_relation(target.database, 'store', 'revision') if execute -%}
    {%- if stored -%}
        {{ rows_readers_see(stored) }}
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

{% macro rows_readers_see(stored) -%}
    (
        select stored.* from {{ stored }} as stored
        inner join store.current_release as pointer
            on stored.valid_from_release <= pointer.release_id and stored.valid_to_release > pointer.release_id
    )
{%- endmacro %}
