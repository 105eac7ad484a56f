with versions as (
    select * from {{ ref('stg_customs_exports__versions') }}
)

select
    declaration_no,
    item_no,
    export_date,
    enterprise_uscc,
    hs_code,
    country_code,
    trade_mode,
    district_code,
    quantity_1,
    unit_1,
    quantity_2,
    unit_2,
    currency,
    fob_usd,
    fob_cny,
    status,
    updated_at
from versions
where is_current
