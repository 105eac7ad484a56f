{% macro current_release(mart) -%}
    {%- set stored = adapter.get_relation(target.database, 'store', mart) if execute -%}
    {%- if stored -%}
        {{ rows_readers_see(stored) }}
    {%- else -%}
        (select *, cast(null as bigint) as valid_from_release from {{ ref(mart) }} where false)
    {%- endif -%}
{%- endmacro %}

{% macro current_revisions() -%}
    {%- set columns = {
        'mart': 'text',
        'metric': 'text',
        'period_type': 'text',
        'period_start': 'date',
        'basis': 'text',
        'product_group': 'text',
        'market_level': 'text',
        'market_group': 'text',
        'first_release_id': 'bigint',
        'first_value': 'numeric',
        'first_stage': 'text',
        'first_formal_value': 'numeric',
        'first_final_value': 'numeric',
    } -%}
    {%- set stored = adapter.get_relation(target.database, 'store', 'revision') if execute -%}
    {%- set known = adapter.get_columns_in_relation(stored) | map(attribute='name') | list if stored else [] -%}
    {%- set selected = [] -%}
    {%- for name, type in columns.items() -%}
        {%- do selected.append(name if name in known else 'cast(null as ' ~ type ~ ') as ' ~ name) -%}
    {%- endfor -%}
    {%- set rows = 'from ' ~ rows_readers_see(stored) ~ ' as revisions' if stored else 'where false' -%}
    (select {{ selected | join(', ') }} {{ rows }})
{%- endmacro %}

{% macro rows_readers_see(stored) -%}
    (
        select stored.* from {{ stored }} as stored
        inner join store.current_release as pointer
            on stored.valid_from_release <= pointer.release_id and stored.valid_to_release > pointer.release_id
    )
{%- endmacro %}
