{{ config(**kept_by_month()) }}

select
    month,
    enterprise_uscc,
    customer_code,
    product_group,
    market_group,
    market_code,
    sum(value_cny) as value_cny
from {{ ref('int_sales__monthly') }}
where basis = 'order_book' and {{ touched('month') }}
group by month, enterprise_uscc, customer_code, product_group, market_group, market_code
