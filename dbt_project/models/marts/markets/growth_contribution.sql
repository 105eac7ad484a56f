with periods as (
    select * from {{ ref('int_sales__periods') }}
),

market_values as (
    select * from {{ ref('int_sales__period_markets') }}
),

period_months as (
    select * from {{ ref('int_sales__period_months') }}
),

by_market as (
    select
        basis,
        period_type,
        first_month,
        product_group,
        case when grouping(market_code) = 0 then 'market' else 'market_group' end as dimension,
        coalesce(market_code, market_group) as member,
        sum(value_cny) as value_cny,
        sum(base_value_cny) as base_value_cny
    from market_values
    group by basis, period_type, first_month, product_group, grouping sets ((market_group), (market_code))
),

by_product as (
    select
        basis,
        period_type,
        first_month,
        'ALL' as product_group,
        'product_group' as dimension,
        product_group as member,
        sum(value_cny) as value_cny,
        sum(base_value_cny) as base_value_cny
    from market_values
    where product_group <> 'ALL'
    group by basis, period_type, first_month, member
),

mills as (
    select
        basis,
        month,
        enterprise_uscc,
        product_group,
        sum(value_cny) as value_cny
    from {{ ref('int_sales__by_mill') }}
    group by basis, month, enterprise_uscc, product_group
),

-- Both periods by what the mill is on the period's last day.
by_mill_type as (
    select
        mills.basis,
        period_months.period_type,
        period_months.first_month,
        coalesce(mills.product_group, 'ALL') as product_group,
        'mill_type' as dimension,
        history.mill_type as member,
        coalesce(sum(mills.value_cny) filter (where not period_months.is_base), 0) as value_cny,
        coalesce(sum(mills.value_cny) filter (where period_months.is_base), 0) as base_value_cny
    from period_months
    inner join mills on period_months.basis = mills.basis and period_months.month = mills.month
    left join {{ ref('int_enterprises__history') }} as history
        on
            mills.enterprise_uscc = history.enterprise_uscc
            and history.valid_from <= {{ last_day_of('period_months.last_month') }}
            and (history.valid_to is null or history.valid_to > {{ last_day_of('period_months.last_month') }})
    group by
        mills.basis, period_months.period_type, period_months.first_month, history.mill_type,
        grouping sets ((mills.product_group), ())
),

by_trade_kind as (
    select
        cells.basis,
        period_months.period_type,
        period_months.first_month,
        cells.product_group,
        'trade_kind' as dimension,
        kinds.member,
        coalesce(sum(kinds.value_cny) filter (where not period_months.is_base), 0) as value_cny,
        coalesce(sum(kinds.value_cny) filter (where period_months.is_base), 0) as base_value_cny
    from period_months
    inner join {{ ref('int_sales__cells') }} as cells
        on period_months.basis = cells.basis and period_months.month = cells.month
    cross join
        lateral (
            values
            ('processing', cells.processing_value_cny),
            ('other', cells.value_cny - cells.processing_value_cny)
        ) as kinds (member, value_cny)
    -- Orders say nothing of the trade mode.
    where cells.basis = 'customs' and cells.market_level = 'group'
    group by cells.basis, period_months.period_type, period_months.first_month, cells.product_group, kinds.member
),

parts as (
    select * from by_market
    union all
    select * from by_product
    union all
    select * from by_mill_type
    union all
    select * from by_trade_kind
),

totals as (
    select
        basis,
        period_type,
        first_month,
        product_group,
        sum(value_cny) as value_cny,
        sum(base_value_cny) as base_value_cny
    from market_values
    group by basis, period_type, first_month, product_group
),

compared as (
    select
        parts.basis,
        parts.period_type,
        parts.first_month,
        periods.last_month,
        parts.product_group,
        parts.dimension,
        parts.member,
        parts.value_cny,
        totals.value_cny as total_value_cny,
        case when periods.has_base then parts.base_value_cny end as base_value_cny,
        case when periods.has_base then totals.base_value_cny end as base_total_value_cny,
        case
            when periods.base_reason is not null then periods.base_reason
            when not {{ valued('missing.lines_without_rate', 'missing.base_lines_without_rate') }}
                then 'no_exchange_rate'
        end as base_reason,
        periods.comparability_reason,
        coalesce(missing.lines_without_rate, 0) as total_lines_without_rate,
        case when periods.has_base then coalesce(missing.base_lines_without_rate, 0) end
            as base_total_lines_without_rate
    from parts
    inner join periods
        on
            parts.basis = periods.basis
            and parts.period_type = periods.period_type
            and parts.first_month = periods.first_month
    inner join totals
        on
            parts.basis = totals.basis
            and parts.period_type = totals.period_type
            and parts.first_month = totals.first_month
            and parts.product_group = totals.product_group
    {{ join_missing_rates('parts', 'parts.period_type', "'all'", "'all'") }}
    where parts.value_cny <> 0 or parts.base_value_cny <> 0
),

contributions as (
    select
        *,
        value_cny - base_value_cny as change_cny,
        case
            when base_reason is null
                then {{ contribution_pp('value_cny', 'base_value_cny', 'base_total_value_cny') }}
        end as contribution_pp,
        case
            when base_reason is null
                then {{ contribution_pp('total_value_cny', 'base_total_value_cny', 'base_total_value_cny') }}
        end as total_growth_pp,
        case
            when base_reason is not null then base_reason
            when base_total_value_cny <= 0 then 'zero_denominator'
        end as contribution_reason
    from compared
),

staged as (
    {{ with_stage('contributions', 'last_month') }}
)

select
    period_type,
    first_month as period_start,
    {{ last_day_of('last_month') }} as period_end,
    basis,
    product_group,
    dimension,
    member,
    value_cny,
    base_value_cny,
    change_cny,
    total_value_cny,
    base_total_value_cny,
    contribution_pp,
    total_growth_pp,
    contribution_reason,
    case
        when contribution_reason is null
            then rank() over (
                partition by basis, period_type, first_month, product_group, dimension order by abs(change_cny) desc
            )
    end as contribution_rank,
    {{ residual_pp(
        'total_growth_pp',
        'sum(contribution_pp) over (partition by basis, period_type, first_month, product_group, dimension)'
    ) }} as residual_pp,
    comparability_reason is null as is_comparable,
    comparability_reason,
    coalesce(base_total_value_cny < {{ var('low_base_cny') }}, false) as is_low_base,
    stage,
    total_lines_without_rate,
    base_total_lines_without_rate
from staged
