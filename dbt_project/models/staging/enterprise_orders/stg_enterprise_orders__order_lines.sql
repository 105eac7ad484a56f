with source as (
    select * from {{ source('enterprise_orders', 'enterprise_orders') }}
),

renamed as (
    select
        enterprise_uscc,
        order_no,
        line_no,
        order_date,
        ship_date,
        customer_code,
        country as country_code,
        province as province_code,
        hs_code,
        quantity,
        unit as unit_code,
        amount,
        currency,
        upper(incoterm) as incoterm,
        fabric_width_cm,
        fabric_gsm,
        status,
        updated_at
    from source
)

select * from renamed
