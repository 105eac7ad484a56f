with items as (
    select * from {{ ref('stg_customs_exports__items') }}
    where status <> 'deleted'
),

cluster_districts as (
    select district_code from {{ ref('districts') }}
    where is_cluster
),

products as (
    select * from {{ ref('int_products__hs_codes') }}
),

domestic_modes as (
    select trade_mode from {{ ref('trade_modes') }}
    where counts_as = 'domestic'
),

exports as (
    select
        items.declaration_no,
        items.item_no,
        items.enterprise_uscc,
        items.export_date,
        {{ month_of('items.export_date') }} as month,
        products.product_group,
        -- Goods turned to the domestic market are declared with any destination: they are sold in China.
        case when domestic_modes.trade_mode is null then {{ market_group_of() }} else 'DOMESTIC' end as market_group,
        case when domestic_modes.trade_mode is null then items.country_code else 'CHN' end as market_code,
        items.fob_cny as value_cny
    from items
    inner join cluster_districts on items.district_code = cluster_districts.district_code
    left join products on items.hs_code = products.hs_code
    left join domestic_modes on items.trade_mode = domestic_modes.trade_mode
    {{ join_market_membership('items.country_code', 'items.export_date') }}
)

select * from exports
