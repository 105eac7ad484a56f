{{ config(**kept_by_month(['customs_statistics'])) }}
{% set unknown = 'cast(null as numeric)' %}

-- Downloads of one month may split the same exports in several ways, each the whole again: by partner, by province,
-- by neither. A figure is taken from one of them, the one that had to be added up least.

with statistics as (
    select * from {{ ref('stg_customs_statistics__rows') }}
    where flow = 'export' and {{ touched('month', ['customs_statistics']) }}
),

cluster_provinces as (
    select distinct left(district_code, 2) as province_code
    from {{ ref('districts') }}
    where is_cluster
),

products as (
    select
        codes.hs_code,
        codes.product_group,
        groups.quantity_unit
    from {{ ref('int_products__hs_codes') }} as codes
    inner join {{ ref('product_groups') }} as groups on codes.product_group = groups.product_group
),

units as (
    select * from {{ ref('units') }}
),

quantities as (
    select
        statistics.month,
        statistics.currency,
        statistics.hs_code,
        products.product_group,
        products.quantity_unit,
        statistics.country_code,
        statistics.partner_code <> 'ALL' as is_by_market,
        statistics.province_code <> 'ALL' as is_by_province,
        statistics.regime_code <> 'ALL' as is_by_regime,
        cluster_provinces.province_code is not null as is_cluster_province,
        statistics.value,
        coalesce(
            {{ quantity_m('statistics.quantity_1', 'first_units', unknown, unknown) }},
            {{ quantity_m('statistics.quantity_2', 'second_units', unknown, unknown) }}
        ) as quantity_m,
        coalesce(
            {{ quantity_kg('statistics.quantity_1', 'first_units', unknown, unknown) }},
            {{ quantity_kg('statistics.quantity_2', 'second_units', unknown, unknown) }}
        ) as quantity_kg,
        coalesce(
            {{ quantity_piece('statistics.quantity_1', 'first_units') }},
            {{ quantity_piece('statistics.quantity_2', 'second_units') }}
        ) as quantity_piece
    from statistics
    left join products on statistics.hs_code = products.hs_code
    left join cluster_provinces on statistics.province_code = cluster_provinces.province_code
    left join units as first_units on statistics.unit_1 = first_units.unit_code
    left join units as second_units on statistics.unit_2 = second_units.unit_code
),

rows_in_unit as (
    select
        *,
        {{ quantity_in('quantity_unit') }} as quantity
    from quantities
),

-- A month whose provinces are the cluster's alone was asked for with a restriction: it says nothing of China.
provinces as (
    select
        month,
        currency,
        bool_or(not is_cluster_province) as is_of_china
    from rows_in_unit
    where is_by_province
    group by month, currency
),

splits as (
    select
        month,
        currency,
        hs_code,
        product_group,
        is_by_province,
        is_by_market,
        is_by_regime,
        grouping(country_code) = 1 as is_total,
        country_code,
        sum(value) as china_value,
        {{ complete_sum('quantity') }} as china_quantity,
        coalesce(sum(value) filter (where is_cluster_province), 0) as province_value,
        case
            when count(*) = count(quantity) then coalesce(sum(quantity) filter (where is_cluster_province), 0)
        end as province_quantity
    from rows_in_unit
    group by
        month, currency, hs_code, product_group, is_by_province, is_by_market, is_by_regime,
        grouping sets ((), (country_code))
),

figures as (
    select
        splits.month,
        sides.denominator,
        splits.currency,
        splits.hs_code,
        splits.product_group,
        case when splits.is_total then 'ALL' else splits.country_code end as market_code,
        sides.value,
        sides.quantity,
        rank() over (
            partition by splits.month, sides.denominator, splits.currency, splits.hs_code, splits.is_total
            order by splits.is_by_province, splits.is_by_market, splits.is_by_regime
        ) as preference
    from splits
    left join provinces
        on
            splits.month = provinces.month
            and splits.currency = provinces.currency
    cross join
        lateral (
            values
            ('china', splits.china_value, splits.china_quantity, not splits.is_by_province or provinces.is_of_china),
            ('province', splits.province_value, splits.province_quantity, splits.is_by_province)
        ) as sides (denominator, value, quantity, is_known)
    -- Partners that are no country (regions, unspecified) count in the total only.
    where sides.is_known and (splits.is_total or splits.country_code is not null)
),

currencies as (
    select
        month,
        denominator,
        hs_code,
        product_group,
        market_code,
        sum(value) filter (where currency = 'CNY') as value_cny,
        sum(value) filter (where currency = 'USD') as value_usd,
        -- Both currencies repeat the same quantities.
        coalesce(
            sum(quantity) filter (where currency = 'CNY'), sum(quantity) filter (where currency = 'USD')
        ) as quantity
    from figures
    where preference = 1
    group by month, denominator, hs_code, product_group, market_code
)

select
    month,
    denominator,
    hs_code,
    product_group,
    market_code,
    value_cny,
    value_usd,
    quantity,
    bool_or(market_code <> 'ALL' and value_cny is not null) over by_code as has_markets_cny,
    bool_or(market_code <> 'ALL' and value_usd is not null) over by_code as has_markets_usd
from currencies
window by_code as (partition by month, denominator, hs_code)
