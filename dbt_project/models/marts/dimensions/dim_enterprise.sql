with sales as (
    select
        enterprise_uscc,
        product_group,
        min(month) as first_month,
        max(month) as last_month,
        sum(value_cny) filter (where basis = 'order_book') as order_value_cny,
        sum(value_cny) filter (where basis = 'customs') as customs_value_cny
    from {{ ref('int_sales__by_mill') }}
    group by enterprise_uscc, product_group
),

main_products as (
    select distinct on (enterprise_uscc)
        enterprise_uscc,
        product_group
    from sales
    -- A mill that only appears in declarations is judged by these.
    order by enterprise_uscc asc, order_value_cny desc nulls last, customs_value_cny desc nulls last, product_group asc
),

enterprises as (
    select
        enterprise_uscc,
        min(first_month) as first_month,
        max(last_month) as last_month,
        bool_or(order_value_cny is not null) as has_orders,
        bool_or(customs_value_cny is not null) as has_exports
    from sales
    group by enterprise_uscc
)

select
    enterprises.enterprise_uscc,
    enterprises.first_month,
    enterprises.last_month,
    enterprises.has_orders,
    enterprises.has_exports,
    main_products.product_group as main_product_group,
    history.mill_type,
    history.is_above_scale,
    history.holding_group
from enterprises
inner join main_products on enterprises.enterprise_uscc = main_products.enterprise_uscc
inner join {{ ref('int_enterprises__history') }} as history
    on enterprises.enterprise_uscc = history.enterprise_uscc and history.valid_to is null
