with markets as (
    select * from {{ ref('int_sales__period_markets') }}
),

levels as (
    select
        basis,
        period_type,
        first_month,
        product_group,
        {{ market_level() }} as market_level,
        market_group,
        market_code,
        sum(value_cny) as value_cny,
        sum(base_value_cny) as base_value_cny,
        sum(previous_value_cny) as previous_value_cny,
        sum(festival_base_value_cny) as festival_base_value_cny,
        {{ complete_sum('value_usd') }} as value_usd,
        {{ complete_sum('base_value_usd') }} as base_value_usd,
        sum(quantity) as quantity,
        sum(base_quantity) as base_quantity,
        sum(quantified_value_cny) as quantified_value_cny,
        sum(base_quantified_value_cny) as base_quantified_value_cny
    from markets
    group by
        basis, period_type, first_month, product_group,
        grouping sets ((), (market_group), (market_group, market_code))
),

-- The group's members of today, in both periods: a series that no accession breaks.
groups_today as (
    select
        basis,
        period_type,
        first_month,
        product_group,
        'group' as market_level,
        market_group_today as market_group,
        sum(value_cny) as value_cny,
        sum(base_value_cny) as base_value_cny
    from markets
    group by basis, period_type, first_month, product_group, market_group_today
),

cells as (
    select
        coalesce(levels.basis, today.basis) as basis,
        coalesce(levels.period_type, today.period_type) as period_type,
        coalesce(levels.first_month, today.first_month) as first_month,
        coalesce(levels.product_group, today.product_group) as product_group,
        coalesce(levels.market_level, today.market_level) as market_level,
        coalesce(levels.market_group, today.market_group) as market_group,
        levels.market_code,
        coalesce(levels.value_cny, 0) as value_cny,
        coalesce(levels.base_value_cny, 0) as base_value_cny,
        coalesce(levels.previous_value_cny, 0) as previous_value_cny,
        coalesce(levels.festival_base_value_cny, 0) as festival_base_value_cny,
        case when levels.basis is null then 0 else levels.value_usd end as value_usd,
        case when levels.basis is null then 0 else levels.base_value_usd end as base_value_usd,
        coalesce(levels.quantity, 0) as quantity,
        coalesce(levels.base_quantity, 0) as base_quantity,
        coalesce(levels.quantified_value_cny, 0) as quantified_value_cny,
        coalesce(levels.base_quantified_value_cny, 0) as base_quantified_value_cny,
        case
            when coalesce(levels.market_level, 'group') = 'group' then coalesce(today.value_cny, 0)
            else levels.value_cny
        end as value_today_members_cny,
        case
            when coalesce(levels.market_level, 'group') = 'group' then coalesce(today.base_value_cny, 0)
            else levels.base_value_cny
        end as base_value_today_members_cny
    from levels
    full join groups_today as today
        on
            levels.basis = today.basis
            and levels.period_type = today.period_type
            and levels.first_month = today.first_month
            and levels.product_group = today.product_group
            and levels.market_level = today.market_level
            and levels.market_group = today.market_group
),

previous_months as (
    select
        basis,
        {{ month_plus('month', 1) }} as month
    from {{ ref('int_sales__months') }}
),

-- What does not apply, or is not known, is NULL from here on; each reason stands beside it.
judged as (
    select
        cells.basis,
        cells.period_type,
        cells.first_month,
        periods.last_month,
        cells.product_group,
        cells.market_level,
        cells.market_group,
        cells.market_code,
        cells.value_cny,
        case when periods.has_base then cells.base_value_cny end as base_value_cny,
        case
            when periods.has_base
                then max(cells.base_value_cny) filter (where cells.market_level = 'all') over (
                    partition by cells.basis, cells.period_type, cells.first_month, cells.product_group
                )
        end as base_total_value_cny,
        cells.value_usd,
        case when periods.has_base then cells.base_value_usd end as base_value_usd,
        product_groups.quantity_unit,
        case when product_groups.quantity_unit is not null then cells.quantity end as quantity,
        case
            when product_groups.quantity_unit is not null and periods.has_base then cells.base_quantity
        end as base_quantity,
        cells.quantified_value_cny,
        case when periods.has_base then cells.base_quantified_value_cny end as base_quantified_value_cny,
        case when previous_months.month is not null then cells.previous_value_cny end as previous_month_value_cny,
        windows.base_start as festival_base_start,
        windows.base_end as festival_base_end,
        case when windows.has_base then cells.festival_base_value_cny end as festival_base_value_cny,
        coalesce(missing.lines_without_rate, 0) as lines_without_rate,
        case when periods.has_base then coalesce(missing.base_lines_without_rate, 0) end as base_lines_without_rate,
        {{ valued('total_missing.lines_without_rate', 'total_missing.base_lines_without_rate') }} as is_total_valued,
        cells.value_today_members_cny,
        case when periods.has_base then cells.base_value_today_members_cny end as base_value_today_members_cny,
        periods.working_days,
        periods.base_working_days,
        periods.comparability_reason,
        periods.base_reason,
        case
            when periods.base_reason is not null then periods.base_reason
            when not {{ valued('missing.lines_without_rate', 'missing.base_lines_without_rate') }}
                then 'no_exchange_rate'
        end as yuan_base_reason,
        case
            when periods.base_reason is not null then periods.base_reason
            when cells.value_usd is null or cells.base_value_usd is null then 'no_exchange_rate'
        end as usd_base_reason,
        case
            when periods.base_reason is not null then periods.base_reason
            when product_groups.quantity_unit is null then 'no_common_unit'
            when
                not {{ quantity_is_known('cells.quantified_value_cny', 'cells.value_cny') }}
                or not {{ quantity_is_known('cells.base_quantified_value_cny', 'cells.base_value_cny') }}
                then 'quantity_partly_known'
        end as quantity_base_reason,
        case
            when periods.base_reason is not null then periods.base_reason
            when periods.working_days is null or periods.base_working_days is null then 'no_calendar'
            when not {{ valued('missing.lines_without_rate', 'missing.base_lines_without_rate') }}
                then 'no_exchange_rate'
        end as working_day_base_reason,
        case
            when cells.period_type <> 'month' then 'not_a_month'
            when previous_months.month is null then 'no_base_period'
            when not {{ valued('missing.lines_without_rate', 'previous_missing.lines_without_rate') }}
                then 'no_exchange_rate'
        end as month_base_reason,
        case
            when cells.period_type <> 'month' or extract(month from cells.first_month) not in (1, 2)
                then 'no_festival'
            when windows.month is null then 'no_calendar'
            when not windows.has_base then 'no_base_period'
            when not {{ valued(
                'missing.lines_without_rate', 'window_missing.lines_without_rate', 'window_end_missing.lines_without_rate'
            ) }} then 'no_exchange_rate'
        end as festival_base_reason,
        case
            when cells.period_type = 'janfeb' then 'janfeb'
            when cells.period_type = 'month' and extract(month from cells.first_month) in (1, 2)
                then case when windows.has_base then 'festival_adjusted' else 'janfeb' end
            when periods.comparability_reason = 'lunar_new_year' then 'janfeb'
            when periods.comparability_reason = 'working_days_differ' then 'working_day'
            else 'plain'
        end as comparison_basis,
        case
            when periods.comparability_reason = 'period_not_finished' then 'period_not_finished'
            when periods.comparability_reason = 'lunar_new_year' and not coalesce(windows.has_base, false)
                then case when cells.period_type = 'r12' then 'festivals_differ' else 'only_janfeb' end
        end as comparable_reason,
        case
            when cells.period_type <> 'month' then null
            when periods.comparability_reason = 'period_not_finished' then 'period_not_finished'
            when extract(month from cells.first_month) in (1, 2, 3) then 'lunar_new_year'
            when
                abs(periods.working_days - days_before.working_days)
                > {{ var('working_day_tolerance') }} * days_before.working_days
                then 'working_days_differ'
        end as mom_comparability_reason
    from cells
    inner join {{ ref('int_sales__periods') }} as periods
        on
            cells.basis = periods.basis
            and cells.period_type = periods.period_type
            and cells.first_month = periods.first_month
    left join {{ ref('product_groups') }} as product_groups on cells.product_group = product_groups.product_group
    left join previous_months
        on
            cells.period_type = 'month'
            and cells.basis = previous_months.basis
            and cells.first_month = previous_months.month
    left join {{ ref('calendar_months') }} as days_before
        on {{ month_plus('cells.first_month', -1) }} = days_before.month
    left join {{ ref('int_sales__festival_windows') }} as windows
        on
            cells.period_type = 'month'
            and cells.basis = windows.basis
            and cells.first_month = windows.month
    {%- set market = "coalesce(cells.market_code, cells.market_group, 'all')" %}
    {{ join_missing_rates('cells', 'cells.period_type', 'cells.market_level', market) }}
    {{ join_missing_rates('cells', 'cells.period_type', "'all'", "'all'", alias='total_missing') }}
    {{ join_missing_rates(
        'cells', 'cells.period_type', 'cells.market_level', market,
        alias='previous_missing', first_month=month_plus('previous_months.month', -1)
    ) }}
    {{ join_missing_rates(
        'cells', 'cells.period_type', 'cells.market_level', market,
        alias='window_missing', first_month=month_of('windows.base_start')
    ) }}
    {{ join_missing_rates(
        'cells', 'cells.period_type', 'cells.market_level', market,
        alias='window_end_missing', first_month=month_of('windows.base_end')
    ) }}
),

figures as (
    select
        *,
        case when yuan_base_reason is null then {{ growth('value_cny', 'base_value_cny') }} end as growth_yoy,
        {{ growth_reason('yuan_base_reason', 'base_value_cny') }} as growth_reason,
        case
            when base_reason is null and is_total_valued
                then {{ contribution_pp('value_cny', 'base_value_cny', 'base_total_value_cny') }}
        end as contribution_pp,
        case
            when base_reason is not null then base_reason
            when not is_total_valued then 'no_exchange_rate'
            when base_total_value_cny <= 0 then 'zero_denominator'
        end as contribution_reason,
        case when usd_base_reason is null then {{ growth('value_usd', 'base_value_usd') }} end as growth_yoy_usd,
        {{ growth_reason('usd_base_reason', 'base_value_usd') }} as growth_yoy_usd_reason,
        case
            when quantity_base_reason is null then {{ growth('quantity', 'base_quantity') }}
        end as growth_yoy_quantity,
        {{ growth_reason('quantity_base_reason', 'base_quantity') }} as growth_yoy_quantity_reason,
        case when month_base_reason is null then {{ growth('value_cny', 'previous_month_value_cny') }} end
            as growth_mom,
        {{ growth_reason('month_base_reason', 'previous_month_value_cny') }} as growth_mom_reason,
        case
            when working_day_base_reason is null
                then {{ growth_per_day('value_cny', 'working_days', 'base_value_cny', 'base_working_days') }}
        end as growth_per_working_day,
        {{ growth_reason('working_day_base_reason', 'base_value_cny') }} as growth_per_working_day_reason,
        case
            when festival_base_reason is null then {{ growth('value_cny', 'festival_base_value_cny') }}
        end as growth_festival_adjusted,
        {{ growth_reason('festival_base_reason', 'festival_base_value_cny') }} as growth_festival_adjusted_reason,
        case
            when base_reason is null and is_total_valued
                then {{ growth('value_today_members_cny', 'base_value_today_members_cny') }}
        end as growth_yoy_today_members,
        {{ growth_reason(
            "coalesce(base_reason, case when not is_total_valued then 'no_exchange_rate' end)",
            'base_value_today_members_cny'
        ) }} as growth_yoy_today_members_reason
    from judged
),

staged as (
    {{ with_stage('figures', 'last_month') }}
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
    growth_yoy,
    growth_reason,
    base_total_value_cny,
    contribution_pp,
    contribution_reason,
    comparison_basis,
    comparability_reason is null as is_comparable,
    comparability_reason,
    case
        when comparable_reason is not null then null
        when comparison_basis = 'festival_adjusted' then growth_festival_adjusted
        when comparison_basis = 'working_day' then growth_per_working_day
        else growth_yoy
    end as growth_comparable,
    coalesce(
        comparable_reason,
        case comparison_basis
            when 'festival_adjusted' then growth_festival_adjusted_reason
            when 'working_day' then growth_per_working_day_reason
            else growth_reason
        end
    ) as growth_comparable_reason,
    coalesce(base_value_cny < {{ var('low_base_cny') }}, false) as is_low_base,
    previous_month_value_cny,
    growth_mom,
    growth_mom_reason,
    value_usd,
    base_value_usd,
    growth_yoy_usd,
    growth_yoy_usd_reason,
    quantity_unit,
    quantity,
    base_quantity,
    growth_yoy_quantity,
    growth_yoy_quantity_reason,
    quantified_value_cny,
    base_quantified_value_cny,
    working_days,
    base_working_days,
    growth_per_working_day,
    growth_per_working_day_reason,
    festival_base_start,
    festival_base_end,
    festival_base_value_cny,
    growth_festival_adjusted,
    growth_festival_adjusted_reason,
    value_today_members_cny,
    base_value_today_members_cny,
    growth_yoy_today_members,
    growth_yoy_today_members_reason,
    mom_comparability_reason,
    stage,
    lines_without_rate,
    base_lines_without_rate
from staged
