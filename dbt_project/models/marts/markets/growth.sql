with periods as (
    select * from {{ ref('int_sales__periods') }}
),

markets as (
    select
        month,
        basis,
        product_group,
        market_code,
        sum(value_cny) as value_cny
    from {{ ref('int_sales__cells') }}
    where market_level = 'market'
    group by month, basis, product_group, market_code
),

-- One row per market and calendar month, with sales or without, so that windows and lags count months.
calendar as (
    select
        spans.basis,
        cast(series.month as date) as month
    from (
        select
            basis,
            min(month) as first_month,
            max(month) as last_month
        from markets
        group by basis
    ) as spans
    cross join {{ months_between('spans.first_month', 'spans.last_month') }} as series (month)
),

sold as (
    select distinct
        basis,
        product_group,
        market_code
    from markets
),

market_months as (
    select
        sold.basis,
        sold.product_group,
        sold.market_code,
        calendar.month,
        markets.value_cny
    from sold
    inner join calendar on sold.basis = calendar.basis
    left join markets
        on
            sold.basis = markets.basis
            and sold.product_group = markets.product_group
            and sold.market_code = markets.market_code
            and calendar.month = markets.month
),

running_sums as (
    select
        basis,
        product_group,
        market_code,
        month,
        value_cny as month_value_cny,
        sum(value_cny) over (
            partition by basis, product_group, market_code, extract(year from month) order by month
        ) as ytd_value_cny,
        sum(value_cny) over (by_month rows 11 preceding) as r12_value_cny,
        sum(value_cny) over (by_month rows 1 preceding) as janfeb_value_cny
    from market_months
    window by_month as (partition by basis, product_group, market_code order by month)
),

market_values as (
    select
        running_sums.basis,
        running_sums.product_group,
        running_sums.market_code,
        running_sums.month as last_month,
        kinds.period_type,
        kinds.value_cny,
        lag(kinds.value_cny, 12) over (
            partition by running_sums.basis, running_sums.product_group, running_sums.market_code, kinds.period_type
            order by running_sums.month
        ) as base_value_cny
    from running_sums
    cross join lateral (
        values
        ('month', running_sums.month_value_cny),
        ('ytd', running_sums.ytd_value_cny),
        ('r12', running_sums.r12_value_cny),
        ('janfeb', running_sums.janfeb_value_cny)
    ) as kinds (period_type, value_cny)
),

-- Both periods by the membership of the period's last day: like is compared with like.
grouped_values as (
    select
        periods.basis,
        periods.period_type,
        periods.first_month,
        periods.last_month,
        periods.has_base,
        periods.base_reason,
        periods.comparability_reason,
        market_values.product_group,
        {{ market_group_of() }} as market_group,
        market_values.market_code,
        market_values.value_cny,
        market_values.base_value_cny
    from market_values
    inner join periods
        on
            market_values.basis = periods.basis
            and market_values.period_type = periods.period_type
            and market_values.last_month = periods.last_month
    {{ join_market_membership(
        country_of_market('market_values.market_code'), last_day_of('periods.last_month')
    ) }}
    -- A market seen in neither period has no row; one seen in the base only keeps its loss in the sums.
    where
        market_values.value_cny is not null
        or (periods.has_base and market_values.base_value_cny is not null)
),

levels as (
    select
        basis,
        period_type,
        first_month,
        last_month,
        has_base,
        base_reason,
        comparability_reason,
        product_group,
        case grouping(market_group, market_code)
            when 3 then 'all'
            when 1 then 'group'
            else 'market'
        end as market_level,
        market_group,
        market_code,
        coalesce(sum(value_cny), 0) as value_cny,
        case when has_base then coalesce(sum(base_value_cny), 0) end as base_value_cny
    from grouped_values
    group by
        basis, period_type, first_month, last_month, has_base, base_reason, comparability_reason, product_group,
        grouping sets ((), (market_group), (market_group, market_code))
),

totals as (
    select
        *,
        max(base_value_cny) filter (where market_level = 'all') over (
            partition by basis, period_type, first_month, product_group
        ) as base_total_value_cny
    from levels
)

select
    period_type,
    first_month as period_start,
    {{ last_day_of('last_month') }} as period_end,
    basis,
    product_group,
    market_level,
    market_group,
    market_code,
    value_cny,
    base_value_cny,
    case when base_reason is null then {{ growth('value_cny', 'base_value_cny') }} end as growth_yoy,
    case
        when base_reason is not null then base_reason
        when base_value_cny = 0 then 'zero_base'
        when base_value_cny < 0 then 'negative_base'
    end as growth_reason,
    base_total_value_cny,
    case
        when base_reason is null
            then {{ contribution_pp('value_cny', 'base_value_cny', 'base_total_value_cny') }}
    end as contribution_pp,
    case
        when base_reason is not null then base_reason
        when base_total_value_cny <= 0 then 'zero_denominator'
    end as contribution_reason,
    case
        when period_type = 'janfeb' or comparability_reason = 'lunar_new_year' then 'janfeb' else 'plain'
    end as comparison_basis,
    comparability_reason is null as is_comparable,
    comparability_reason
from totals
