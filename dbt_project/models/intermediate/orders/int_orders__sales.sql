with versions as (
    select * from {{ ref('int_orders__versions') }}
)

select
    enterprise_uscc,
    order_no,
    line_no,
    customer_code,
    sold_on,
    month,
    hs_code,
    product_group,
    market_group,
    market_code,
    currency,
    incoterm,
    is_processing,
    value_cny,
    value_usd,
    quantity_m,
    quantity_m2,
    quantity_kg,
    quantity_piece,
    quantity
from versions
where is_current
