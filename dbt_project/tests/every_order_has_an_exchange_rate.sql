-- Orders in a currency or month without a customs rate would vanish from the sums: add the rate to the seed.
with orders as (
    select distinct
        month,
        currency
    from {{ ref('int_sales__monthly') }}
    where basis = 'order_book' and currency is distinct from 'CNY'
)

select
    orders.month,
    orders.currency
from orders
left join {{ ref('exchange_rates') }} as rates
    on orders.month = rates.month and orders.currency = rates.currency
where rates.month is null
