with source as (
    select * from {{ source('customs_statistics', 'customs_statistics') }}
),

-- Customs list some parts of a country by themselves: their codes are among the country's other names.
countries as (
    select
        countries.country_code,
        codes.customs_code
    from {{ ref('countries') }} as countries
    cross join
        lateral unnest(
            countries.customs_code || string_to_array(coalesce(countries.aliases, ''), '|')
        ) as codes (customs_code)
    where codes.customs_code ~ '^[0-9]{3}$'
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
