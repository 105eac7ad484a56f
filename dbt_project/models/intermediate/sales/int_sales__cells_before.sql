-- The same markets some months before, grouped as they are now: a change of membership is no change of share.
with markets as (
    select
        cast(cells.month + make_interval(months => spans.months_before) as date) as month,
        spans.months_before,
        cells.basis,
        cells.product_group,
        cells.market_code,
        cells.value_cny,
        cells.lines_without_rate
    from {{ ref('int_sales__cells') }} as cells
    cross join (values (3), (12)) as spans (months_before)
    where cells.market_level = 'market'
),

grouped as (
    select
        markets.month,
        markets.months_before,
        markets.basis,
        markets.product_group,
        {{ market_group_of() }} as market_group,
        markets.market_code,
        markets.value_cny,
        markets.lines_without_rate
    from markets
    {{ join_market_membership(country_of_market('markets.market_code'), last_day_of('markets.month')) }}
)

select
    month,
    basis,
    product_group,
    {{ market_level() }} as market_level,
    market_group,
    market_code,
    coalesce(sum(value_cny) filter (where months_before = 12), 0) as value_12m_before_cny,
    coalesce(sum(value_cny) filter (where months_before = 3), 0) as value_3m_before_cny,
    coalesce(sum(lines_without_rate) filter (where months_before = 12), 0) as lines_without_rate_12m_before,
    coalesce(sum(lines_without_rate) filter (where months_before = 3), 0) as lines_without_rate_3m_before
from grouped
group by month, basis, product_group, grouping sets ((), (market_group), (market_group, market_code))
