with periods as (
    select * from {{ ref('int_sales__periods') }}
    where basis = 'customs' and period_type in ('month', 'ytd')
),

period_months as (
    select * from {{ ref('int_sales__period_months') }}
    where basis = 'customs' and period_type in ('month', 'ytd')
),

-- The world: China's exports to each market, where the statistics know the markets.
statistics as (
    select
        month,
        hs_code,
        product_group,
        market_code,
        value_cny,
        has_markets_cny
    from {{ ref('int_statistics__exports') }}
    where denominator = 'china'
),

-- A month knows a product group when the statistics split all its codes by market, and none is missing that the
-- cluster exported.
codes as (
    select
        month,
        product_group,
        hs_code
    from statistics
    where market_code = 'ALL'
    union
    select
        month,
        product_group,
        left(hs_code, 8) as hs_code
    from {{ ref('int_sales__by_item') }}
    where basis = 'customs' and market_group <> 'DOMESTIC'
),

product_months as (
    select
        codes.month,
        codes.product_group,
        bool_and(coalesce(totals.has_markets_cny, false)) as is_known
    from codes
    left join statistics as totals
        on
            codes.month = totals.month
            and codes.hs_code = totals.hs_code
            and totals.market_code = 'ALL'
    group by codes.month, codes.product_group
),

product_periods as (
    select
        period_months.period_type,
        period_months.first_month,
        product_months.product_group,
        bool_and(product_months.is_known) as is_known,
        count(*) as months_known
    from period_months
    inner join product_months on period_months.month = product_months.month
    group by period_months.period_type, period_months.first_month, product_months.product_group
),

period_lengths as (
    select
        period_type,
        first_month,
        count(*) as months
    from period_months
    group by period_type, first_month
),

sales as (
    select
        month,
        product_group,
        market_code,
        value_cny,
        0 as world_value_cny
    from {{ ref('int_sales__cells') }}
    where
        basis = 'customs' and market_level = 'market' and product_group <> 'ALL' and market_group <> 'DOMESTIC'
    union all
    select
        month,
        product_group,
        market_code,
        0 as value_cny,
        value_cny as world_value_cny
    from statistics
    where market_code <> 'ALL' and value_cny is not null
),

-- Both periods by the membership of the period's last day: like is compared with like.
cells as (
    select
        period_months.period_type,
        period_months.first_month,
        sales.product_group,
        {{ market_group_of() }} as market_group,
        coalesce(sum(sales.value_cny) filter (where not period_months.is_base), 0) as value_cny,
        coalesce(sum(sales.value_cny) filter (where period_months.is_base), 0) as base_value_cny,
        coalesce(sum(sales.world_value_cny) filter (where not period_months.is_base), 0) as world_value_cny,
        coalesce(sum(sales.world_value_cny) filter (where period_months.is_base), 0) as world_base_value_cny
    from sales
    inner join period_months on sales.month = period_months.month
    {{ join_market_membership(
        country_of_market('sales.market_code'), last_day_of('period_months.last_month')
    ) }}
    group by period_months.period_type, period_months.first_month, sales.product_group, {{ market_group_of() }}
    having sum(sales.value_cny) <> 0 and {{ market_group_of() }} <> 'DOMESTIC'
),

judged as (
    select
        periods.period_type,
        periods.first_month,
        periods.last_month,
        periods.comparability_reason,
        cells.product_group,
        cells.market_group,
        cells.value_cny,
        case when periods.has_base then cells.base_value_cny end as base_value_cny,
        cells.world_value_cny,
        cells.world_base_value_cny,
        case
            when periods.base_reason is not null then periods.base_reason
            when
                not coalesce(product_periods.is_known, false)
                or product_periods.months_known < period_lengths.months
                then 'no_statistics'
            when cells.world_base_value_cny = 0 then 'zero_denominator'
        end as effect_reason
    from cells
    inner join periods
        on
            cells.period_type = periods.period_type
            and cells.first_month = periods.first_month
    inner join period_lengths
        on
            cells.period_type = period_lengths.period_type
            and cells.first_month = period_lengths.first_month
    left join product_periods
        on
            cells.period_type = product_periods.period_type
            and cells.first_month = product_periods.first_month
            and cells.product_group = product_periods.product_group
)

select * from judged
