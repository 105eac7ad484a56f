{{ config(materialized='table') }}
{#- Of order books and of declarations alike: the model, the months that new loads touched, the key of a row. -#}
{%- set months_of = "select distinct month from ops.unreleased_load where source = '{}' order by month" -%}
{%- set sides = [
    ('order_book', 'int_orders__versions', months_of.format('enterprise_orders'),
        ['versions.enterprise_uscc', 'versions.order_no', 'cast(versions.line_no as text)']),
    ('customs', 'int_customs__versions', months_of.format('customs_exports'),
        ['versions.declaration_no', 'cast(versions.item_no as text)']),
] %}

with loads as (
    select distinct
        load_id,
        released_until
    from ops.unreleased_load
),

-- Every version that came with a load that no release has yet, and every one that gave way to such a load.
moves as (
    {%- for basis, model, months, key in sides %}
        {%- for load, direction, which in [('load_id', 1, 'true'), ('superseded_by', -1, 'not versions.is_current')] %}
            select
                '{{ basis }}' as basis,
                array[{{ key | join(', ') }}] as row_key,
                loads.load_id,
                {{ direction }} as direction,
                versions.month,
                versions.enterprise_uscc,
                versions.product_group,
                versions.market_group,
                versions.market_code,
                versions.value_cny
            from {{ ref(model) }} as versions
            inner join loads on versions.{{ load }} = loads.load_id
            where {{ within('versions.sold_on', months) }} and {{ which }}
            {{ 'union all' if not (loop.last and basis == 'customs') }}
        {%- endfor %}
    {%- endfor %}
),

-- A row that a row of the same load replaces is corrected; without a successor it is withdrawn.
paired as (
    select
        *,
        min(direction) over of_row as first_direction,
        max(direction) over of_row as last_direction
    from moves
    window of_row as (partition by basis, row_key, load_id)
)

select
    paired.basis,
    paired.load_id,
    case
        when paired.first_direction < paired.last_direction then 'corrected'
        when paired.last_direction < 0 then 'withdrawn'
        -- Its month was over already in what the newest release knew.
        when paired.month < {{ month_of('loads.released_until') }} then 'late'
        else 'new'
    end as kind,
    paired.month,
    paired.enterprise_uscc,
    paired.product_group,
    paired.market_group,
    paired.market_code,
    sum(paired.direction) as line_count,
    -- A line without a rate adds nothing to the value that is known.
    coalesce(sum(paired.direction * paired.value_cny), 0) as value_cny
from paired
inner join loads on paired.load_id = loads.load_id
group by 1, 2, 3, 4, 5, 6, 7, 8
