{{ config(**kept_by_month()) }}

with sales as (
    select
        'order_book' as basis,
        sold_on,
        month,
        product_group,
        market_code,
        value_cny
    from {{ ref('int_orders__sales') }}
    where {{ touched('sold_on') }}
    union all
    select
        'customs' as basis,
        sold_on,
        month,
        product_group,
        market_code,
        value_cny
    from {{ ref('int_customs__exports') }}
    where {{ touched('sold_on') }}
)

select
    basis,
    sold_on,
    month,
    coalesce(product_group, 'ALL') as product_group,
    market_code,
    sum(value_cny) as value_cny
from sales
-- The days around a Lunar New Year, as far as a January or February moves between two years.
where extract(month from sold_on) in (12, 1, 2, 3)
group by grouping sets ((basis, sold_on, month, product_group, market_code), (basis, sold_on, month, market_code))
