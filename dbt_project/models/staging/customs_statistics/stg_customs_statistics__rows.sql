with source as (
    select * from {{ source('customs_statistics', 'customs_statistics') }}
),

countries as (
    select
        country_code,
        customs_code
    from {{ ref('countries') }}
),

renamed as (
    select
        source.month,
        source.flow,
        source.currency,
        source.hs_code,
        source.partner_code,
        countries.country_code,
        source.regime_code,
        source.province_code,
        source.quantity_1,
        source.unit_1,
        source.quantity_2,
        source.unit_2,
        source.value
    from source
    left join countries on source.partner_code = countries.customs_code
)

select * from renamed
