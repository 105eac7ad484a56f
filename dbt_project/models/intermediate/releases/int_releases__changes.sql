{{ config(materialized='table') }}
{%- set months = "select distinct month from ops.unreleased_load where source = '" -%}
{%- set orders_months = months ~ "enterprise_orders' order by month" -%}
{%- set customs_months = months ~ "customs_exports' order by month" %}

-- Every version that came with a load that no release has yet, and every one that gave way to such a load. Declarations
-- and order books alike: row_key is the row's key.
with loads as (
    select distinct
        load_id,
        released_until
    from ops.unreleased_load
),

orders as (
    select versions.* from {{ ref('int_orders__versions') }} as versions
    inner join loads on versions.load_id = loads.load_id
    where {{ within('versions.sold_on', orders_months) }}
),

superseded_orders as (
    select versions.* from {{ ref('int_orders__versions') }} as versions
    inner join loads on versions.superseded_by = loads.load_id
    where not versions.is_current and {{ within('versions.sold_on', orders_months) }}
),

items as (
    select versions.* from {{ ref('int_customs__versions') }} as versions
    inner join loads on versions.load_id = loads.load_id
    where {{ within('versions.sold_on', customs_months) }}
),

superseded_items as (
    select versions.* from {{ ref('int_customs__versions') }} as versions
    inner join loads on versions.superseded_by = loads.load_id
    where not versions.is_current and {{ within('versions.sold_on', customs_months) }}
),

moves as (
    select
        'order_book' as basis,
        array[enterprise_uscc, order_no, cast(line_no as text)] as row_key,
        load_id,
        1 as direction,
        month,
        enterprise_uscc,
        product_group,
        market_group,
        market_code,
        value_cny
    from orders
    union all
    select
        'order_book' as basis,
        array[enterprise_uscc, order_no, cast(line_no as text)] as row_key,
        superseded_by as load_id,
        -1 as direction,
        month,
        enterprise_uscc,
        product_group,
        market_group,
        market_code,
        value_cny
    from superseded_orders
    union all
    select
        'customs' as basis,
        array[declaration_no, cast(item_no as text)] as row_key,
        load_id,
        1 as direction,
        month,
        enterprise_uscc,
        product_group,
        market_group,
        market_code,
        value_cny
    from items
    union all
    select
        'customs' as basis,
        array[declaration_no, cast(item_no as text)] as row_key,
        superseded_by as load_id,
        -1 as direction,
        month,
        enterprise_uscc,
        product_group,
        market_group,
        market_code,
        value_cny
    from superseded_items
),

-- A row that gives way to one of the same load is corrected; without a successor it is withdrawn.
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
    sum(paired.direction * paired.value_cny) as value_cny
from paired
inner join loads on paired.load_id = loads.load_id
group by 1, 2, 3, 4, 5, 6, 7, 8
