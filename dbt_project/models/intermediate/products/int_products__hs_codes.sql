{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    post_hook='analyze {{ this }}'
) }}

-- Of superseded versions too: what they counted is looked up when a figure is explained.
with hs_codes as (
    select hs_code from {{ ref('stg_enterprise_orders__versions') }}
    where {{ touched('order_date') }}
    union
    select hs_code from {{ ref('stg_customs_exports__versions') }}
    where {{ touched('export_date') }}
    union
    select hs_code from {{ ref('stg_customs_statistics__rows') }}
    where {{ touched('month', ['customs_statistics']) }}
),

-- Shares are computed at eight and at six digits, whatever was delivered.
levels as (
    select hs_code from hs_codes
    union
    select left(hs_code, 8) as hs_code from hs_codes
    union
    select left(hs_code, 6) as hs_code from hs_codes
),

new_codes as (
    select hs_code from levels
    {%- if is_incremental() %}
        except
        select hs_code from {{ this }}
    {%- endif %}
),

prefixes as (
    select
        -- An empty field of a seed is NULL: the prefix of every code.
        coalesce(hs_prefix, '') as hs_prefix,
        product_group
    from {{ ref('product_group_codes') }}
),

classified as (
    select distinct on (new_codes.hs_code)
        new_codes.hs_code,
        prefixes.product_group
    from new_codes
    inner join prefixes on starts_with(new_codes.hs_code, prefixes.hs_prefix)
    order by new_codes.hs_code asc, length(prefixes.hs_prefix) desc
)

select * from classified
