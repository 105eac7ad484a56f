{{ config(materialized='table') }}

with hs_codes as (
    select hs_code from {{ ref('stg_enterprise_orders__order_lines') }}
    union
    select hs_code from {{ ref('stg_customs_exports__items') }}
),

prefixes as (
    select
        -- An empty field of a seed is NULL: the prefix of every code.
        coalesce(hs_prefix, '') as hs_prefix,
        product_group
    from {{ ref('product_group_codes') }}
),

classified as (
    select distinct on (hs_codes.hs_code)
        hs_codes.hs_code,
        prefixes.product_group
    from hs_codes
    inner join prefixes on starts_with(hs_codes.hs_code, prefixes.hs_prefix)
    order by hs_codes.hs_code asc, length(prefixes.hs_prefix) desc
)

select * from classified
