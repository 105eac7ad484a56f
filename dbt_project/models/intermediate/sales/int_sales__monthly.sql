{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with sales as (
    select
        'order_book' as basis,
        month,
        enterprise_uscc,
        product_group,
        market_group,
        market_code,
        sum(value_cny) as value_cny,
        max(order_date) as last_date
    from {{ ref('int_orders__sales') }}
    group by month, enterprise_uscc, product_group, market_group, market_code
    union all
    select
        'customs' as basis,
        month,
        enterprise_uscc,
        product_group,
        market_group,
        market_code,
        sum(value_cny) as value_cny,
        max(export_date) as last_date
    from {{ ref('int_customs__exports') }}
    group by month, enterprise_uscc, product_group, market_group, market_code
)

select
    month,
    basis,
    enterprise_uscc,
    product_group,
    market_group,
    market_code,
    value_cny,
    last_date
from sales
