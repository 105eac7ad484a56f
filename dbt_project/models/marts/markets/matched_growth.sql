with mills as (
    select
        basis,
        month,
        enterprise_uscc,
        product_group,
        market_group = 'DOMESTIC' as is_domestic,
        sum(value_cny) as value_cny
    from {{ ref('int_sales__by_mill') }}
    group by basis, month, enterprise_uscc, product_group, market_group = 'DOMESTIC'
),

-- A mill reports in a month when it sold anything at all, whatever and to whom.
reports as (
    select distinct
        basis,
        month,
        enterprise_uscc
    from mills
),

-- Each month of a mill in its own year, and as the base of a year later.
sides as (
    select
        mills.basis,
        mills.month,
        mills.enterprise_uscc,
        mills.product_group,
        mills.is_domestic,
        false as is_base,
        reports.month is not null as is_matched,
        mills.value_cny
    from mills
    left join reports
        on
            mills.basis = reports.basis
            and mills.enterprise_uscc = reports.enterprise_uscc
            and {{ month_plus('mills.month', -12) }} = reports.month
    union all
    select
        mills.basis,
        {{ month_plus('mills.month', 12) }} as month,
        mills.enterprise_uscc,
        mills.product_group,
        mills.is_domestic,
        true as is_base,
        reports.month is not null as is_matched,
        mills.value_cny
    from mills
    left join reports
        on
            mills.basis = reports.basis
            and mills.enterprise_uscc = reports.enterprise_uscc
            and {{ month_plus('mills.month', 12) }} = reports.month
),

scoped as (
    select
        period_months.basis,
        period_months.period_type,
        period_months.first_month,
        period_months.has_base,
        coalesce(sides.product_group, 'ALL') as product_group,
        scopes.market_scope,
        sides.enterprise_uscc,
        bool_or(sides.is_matched) as is_matched,
        bool_or(sides.is_base and not sides.is_matched) as is_missing,
        bool_or(not sides.is_base and not sides.is_matched) as is_new,
        coalesce(sum(sides.value_cny) filter (where not sides.is_base), 0) as value_cny,
        coalesce(sum(sides.value_cny) filter (where sides.is_base), 0) as base_value_cny,
        coalesce(sum(sides.value_cny) filter (where not sides.is_base and sides.is_matched), 0) as matched_value_cny,
        coalesce(sum(sides.value_cny) filter (where sides.is_base and sides.is_matched), 0) as matched_base_value_cny
    from {{ ref('int_sales__period_months') }} as period_months
    inner join sides on period_months.basis = sides.basis and period_months.month = sides.month
    cross join
        lateral (
            values ('all'), (case when sides.is_domestic then 'domestic' else 'export' end)
        ) as scopes (market_scope)
    where
        period_months.period_type in ('month', 'ytd', 'janfeb')
        and not period_months.is_base
        and (period_months.has_base or not sides.is_base)
    group by
        period_months.basis, period_months.period_type, period_months.first_month, period_months.has_base,
        scopes.market_scope, sides.enterprise_uscc,
        grouping sets ((sides.product_group), ())
),

summed as (
    select
        basis,
        period_type,
        first_month,
        product_group,
        market_scope,
        sum(value_cny) as value_cny,
        case when has_base then sum(base_value_cny) end as base_value_cny,
        case when has_base then sum(matched_value_cny) end as matched_value_cny,
        case when has_base then sum(matched_base_value_cny) end as matched_base_value_cny,
        case when has_base then count(*) filter (where is_matched) end as mills_matched,
        case when has_base then count(*) filter (where is_missing) end as mills_missing,
        case when has_base then count(*) filter (where is_new) end as mills_new
    from scoped
    group by basis, period_type, first_month, has_base, product_group, market_scope
),

judged as (
    select
        summed.*,
        periods.last_month,
        periods.comparability_reason,
        case
            when periods.base_reason is not null then periods.base_reason
            when not {{ valued('missing.lines_without_rate', 'missing.base_lines_without_rate') }}
                then 'no_exchange_rate'
        end as base_reason,
        coalesce(missing.lines_without_rate, 0) as lines_without_rate,
        case when periods.has_base then coalesce(missing.base_lines_without_rate, 0) end as base_lines_without_rate
    from summed
    inner join {{ ref('int_sales__periods') }} as periods
        on
            summed.basis = periods.basis
            and summed.period_type = periods.period_type
            and summed.first_month = periods.first_month
    {{ join_missing_rates(
        'summed', 'summed.period_type',
        "case when summed.market_scope = 'all' then 'all' else 'scope' end", 'summed.market_scope'
    ) }}
),

growths as (
    select
        *,
        case when base_reason is null then {{ growth('value_cny', 'base_value_cny') }} end as growth_yoy,
        {{ growth_reason('base_reason', 'base_value_cny') }} as growth_reason,
        case when base_reason is null then {{ growth('matched_value_cny', 'matched_base_value_cny') }} end
            as matched_growth_yoy,
        {{ growth_reason('base_reason', 'matched_base_value_cny') }} as matched_growth_reason
    from judged
),

staged as (
    {{ with_stage('growths', 'last_month') }}
)

select
    period_type,
    first_month as period_start,
    {{ last_day_of('last_month') }} as period_end,
    basis,
    product_group,
    market_scope,
    value_cny,
    base_value_cny,
    growth_yoy,
    growth_reason,
    matched_value_cny,
    matched_base_value_cny,
    matched_growth_yoy,
    matched_growth_reason,
    {{ growth_difference_pp('growth_yoy', 'matched_growth_yoy') }} as coverage_effect_pp,
    coalesce(growth_reason, matched_growth_reason) as coverage_effect_reason,
    base_value_cny - matched_base_value_cny as missing_base_value_cny,
    case when base_value_cny is not null then value_cny - matched_value_cny end as new_value_cny,
    mills_matched,
    mills_missing,
    mills_new,
    comparability_reason is null as is_comparable,
    comparability_reason,
    coalesce(matched_base_value_cny < {{ var('low_base_cny') }}, false) as is_low_base,
    stage,
    lines_without_rate,
    base_lines_without_rate
from staged
