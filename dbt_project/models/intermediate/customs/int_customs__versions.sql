{% set unknown = 'cast(null as numeric)' %}

with items as (
    select * from {{ ref('stg_customs_exports__versions') }}
    where status <> 'deleted'
),

cluster_districts as (
    select district_code from {{ ref('districts') }}
    where is_cluster
),

products as (
    select * from {{ ref('int_products__hs_codes') }}
),

product_groups as (
    select * from {{ ref('product_groups') }}
),

trade_modes as (
    select
        trade_mode,
        counts_as = 'domestic' as is_domestic,
        is_processing
    from {{ ref('trade_modes') }}
),

lines as (
    select
        items.is_current,
        items.superseded_by,
        items.load_id,
        items.file_line,
        items.declaration_no,
        items.item_no,
        items.enterprise_uscc,
        cast(null as text) as customer_code,
        items.export_date as sold_on,
        {{ month_of('items.export_date') }} as month,
        items.hs_code,
        items.trade_mode,
        products.product_group,
        product_groups.quantity_unit,
        -- Goods turned to the domestic market are declared with any destination: they are sold in China.
        case when trade_modes.is_domestic then 'DOMESTIC' else {{ market_group_of() }} end as market_group,
        case when trade_modes.is_domestic then 'CHN' else items.country_code end as market_code,
        items.currency,
        coalesce(trade_modes.is_processing, false) as is_processing,
        items.fob_cny as value_cny,
        items.fob_usd as value_usd,
        -- Declarations carry no width or weight, but often a second quantity: each unit from the one that has it.
        coalesce(
            {{ quantity_m('items.quantity_1', 'first_units', unknown, unknown) }},
            {{ quantity_m('items.quantity_2', 'second_units', unknown, unknown) }}
        ) as quantity_m,
        coalesce(
            {{ quantity_m2('items.quantity_1', 'first_units', unknown, unknown) }},
            {{ quantity_m2('items.quantity_2', 'second_units', unknown, unknown) }}
        ) as quantity_m2,
        coalesce(
            {{ quantity_kg('items.quantity_1', 'first_units', unknown, unknown) }},
            {{ quantity_kg('items.quantity_2', 'second_units', unknown, unknown) }}
        ) as quantity_kg,
        coalesce(
            {{ quantity_piece('items.quantity_1', 'first_units') }},
            {{ quantity_piece('items.quantity_2', 'second_units') }}
        ) as quantity_piece
    from items
    inner join cluster_districts on items.district_code = cluster_districts.district_code
    left join products on items.hs_code = products.hs_code
    left join product_groups on products.product_group = product_groups.product_group
    left join trade_modes on items.trade_mode = trade_modes.trade_mode
    -- Twice the table, no common expression: of what is read twice PostgreSQL makes no parallel plan.
    left join {{ ref('units') }} as first_units on items.unit_1 = first_units.unit_code
    left join {{ ref('units') }} as second_units on items.unit_2 = second_units.unit_code
    {{ join_market_membership('items.country_code', last_day_of(month_of('items.export_date'))) }}
)

select
    is_current,
    superseded_by,
    load_id,
    file_line,
    declaration_no,
    item_no,
    enterprise_uscc,
    customer_code,
    sold_on,
    month,
    hs_code,
    trade_mode,
    product_group,
    market_group,
    market_code,
    currency,
    is_processing,
    value_cny,
    value_usd,
    quantity_m,
    quantity_m2,
    quantity_kg,
    quantity_piece,
    {{ quantity_in('quantity_unit') }} as quantity
from lines
