with source as (
    select * from {{ source('customs_exports', 'customs_exports') }}
),

renamed as (
    select
        declaration_no,
        item_no,
        export_date,
        consignor_uscc as enterprise_uscc,
        hs_code,
        destination_country as country_code,
        trade_mode,
        source_district as district_code,
        quantity_1,
        unit_1,
        quantity_2,
        unit_2,
        currency,
        fob_usd,
        fob_cny,
        status,
        updated_at
    from source
)

select * from renamed
