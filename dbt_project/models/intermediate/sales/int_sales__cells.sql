{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with cells as (
    select
        month,
        basis,
        coalesce(product_group, 'ALL') as product_group,
        case when grouping(market_code) = 1 then 'group' else 'market' end as market_level,
        market_group,
        market_code,
        sum(value_cny) as value_cny,
        count(distinct enterprise_uscc) as enterprise_count
    from {{ ref('int_sales__monthly') }}
    group by grouping sets (
        (month, basis, product_group, market_group, market_code),
        (month, basis, product_group, market_group),
        (month, basis, market_group, market_code),
        (month, basis, market_group)
    )
)

select * from cells
