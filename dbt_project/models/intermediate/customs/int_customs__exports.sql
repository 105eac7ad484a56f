with versions as (
    select * from {{ ref('int_customs__versions') }}
)

select
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
    quantity
from versions
where is_current
