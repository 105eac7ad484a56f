{{ config(materialized='table', post_hook='analyze {{ this }}') }}

-- Only what is missing has a row: as long as every rate is known the table is empty.
with missing as (
    select
        basis,
        month,
        product_group,
        market_group = 'DOMESTIC' as is_domestic,
        market_code,
        sum(lines_without_rate) as lines
    from {{ ref('int_sales__by_mill') }}
    where lines_without_rate > 0
    group by basis, month, product_group, market_group = 'DOMESTIC', market_code
),

compared as (
    select
        period_months.basis,
        period_months.period_type,
        period_months.first_month,
        period_months.last_month,
        missing.product_group,
        missing.is_domestic,
        missing.market_code,
        coalesce(sum(missing.lines) filter (where not period_months.is_base), 0) as lines_without_rate,
        coalesce(sum(missing.lines) filter (where period_months.is_base), 0) as base_lines_without_rate
    from missing
    inner join {{ ref('int_sales__period_months') }} as period_months
        on missing.basis = period_months.basis and missing.month = period_months.month
    group by
        period_months.basis, period_months.period_type, period_months.first_month, period_months.last_month,
        missing.product_group, missing.is_domestic, missing.market_code
),

grouped as (
    select
        compared.*,
        {{ market_group_of() }} as market_group
    from compared
    {{ join_market_membership(country_of_market('compared.market_code'), last_day_of('compared.last_month')) }}
)

select
    grouped.basis,
    grouped.period_type,
    grouped.first_month,
    coalesce(grouped.product_group, 'ALL') as product_group,
    levels.market_level,
    levels.market,
    cast(sum(grouped.lines_without_rate) as bigint) as lines_without_rate,
    cast(sum(grouped.base_lines_without_rate) as bigint) as base_lines_without_rate
from grouped
cross join
    lateral (
        values
        ('all', 'all'),
        ('scope', case when grouped.is_domestic then 'domestic' else 'export' end),
        ('group', grouped.market_group),
        ('market', grouped.market_code)
    ) as levels (market_level, market)
group by
    grouped.basis, grouped.period_type, grouped.first_month, levels.market_level, levels.market,
    grouping sets ((grouped.product_group), ())
