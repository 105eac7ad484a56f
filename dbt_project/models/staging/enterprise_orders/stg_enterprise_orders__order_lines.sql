with versions as (
    select * from {{ ref('stg_enterprise_orders__versions') }}
)

select
    enterprise_uscc,
    order_no,
    line_no,
    order_date,
    ship_date,
    customer_code,
    country_code,
    province_code,
    hs_code,
    quantity,
    unit_code,
    amount,
    currency,
    incoterm,
    fabric_width_cm,
    fabric_gsm,
    status,
    updated_at
from versions
where is_current
