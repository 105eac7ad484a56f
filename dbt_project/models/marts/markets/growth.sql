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

market_values as (
    select
        periods.basis,
        periods.period_type,
        periods.first_month,
        markets.product_group,
        markets.market_code,
        sum(markets.value_cny) filter (where markets.month >= periods.first_month) as value_cny,
        sum(markets.value_cny) filter (
            where periods.has_base and markets.month <= periods.base_last_month
        ) as base_value_cny
    from periods
    inner join markets
        on
            periods.basis = markets.basis
            and markets.month between periods.base_first_month and periods.last_month
            and (periods.first_month <= markets.month or periods.base_last_month >= markets.month)
    group by
        periods.basis, periods.period_type, periods.first_month, markets.product_group, markets.market_code
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
            and market_values.first_month = periods.first_month
    {{ join_market_membership(
        country_of_market('market_values.market_code'), last_day_of('periods.last_month')
    ) }}
    -- A market seen in neither period has no row; one seen in the base only keeps its loss in the sums.
    where market_values.value_cny is not null or market_values.base_value_cny is not null
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
