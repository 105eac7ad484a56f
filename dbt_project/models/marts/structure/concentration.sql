with periods as (
    select * from {{ ref('int_sales__periods') }}
    -- A year with a month missing is not shown as if it were whole.
    where period_type in ('month', 'ytd') and base_reason is distinct from 'period_incomplete'
),

year_months as (
    select
        period_months.basis,
        period_months.month,
        period_months.first_month
    from {{ ref('int_sales__period_months') }} as period_months
    inner join periods
        on
            period_months.basis = periods.basis
            and period_months.period_type = periods.period_type
            and period_months.first_month = periods.first_month
    where period_months.period_type = 'ytd' and not period_months.is_base
),

{{ concentration('year_months') }},

figures as (
    select
        'ytd' as period_type,
        *
    from concentrated
    union all
    select
        'month' as period_type,
        basis,
        month as first_month,
        dimension,
        product_group,
        market_scope,
        member_count,
        value_cny,
        left_out_value_cny,
        squares,
        largest_four_value_cny,
        largest_value_cny
    from {{ ref('int_structure__concentration') }}
),

staged as (
    {{ with_stage('periods', 'last_month') }}
)

select
    figures.period_type,
    figures.first_month as period_start,
    {{ last_day_of('periods.last_month') }} as period_end,
    coalesce(periods.comparability_reason <> 'period_not_finished', true) as is_finished,
    figures.basis,
    figures.product_group,
    figures.market_scope,
    figures.dimension,
    figures.member_count,
    figures.value_cny,
    figures.left_out_value_cny,
    {{ if_valued(herfindahl('figures.squares', 'figures.value_cny'), 'missing.lines_without_rate') }}
        as herfindahl_index,
    {{ if_valued(equivalents_number('figures.squares', 'figures.value_cny'), 'missing.lines_without_rate') }}
        as equivalents_number,
    figures.largest_four_value_cny,
    {{ if_valued(share('figures.largest_four_value_cny', 'figures.value_cny'), 'missing.lines_without_rate') }}
        as largest_four_share,
    figures.largest_value_cny,
    {{ if_valued(share('figures.largest_value_cny', 'figures.value_cny'), 'missing.lines_without_rate') }}
        as largest_share,
    periods.stage,
    case when not {{ valued('missing.lines_without_rate') }} then 'no_exchange_rate' end as concentration_reason,
    coalesce(missing.lines_without_rate, 0) as lines_without_rate
from figures
inner join staged as periods
    on
        figures.basis = periods.basis
        and figures.period_type = periods.period_type
        and figures.first_month = periods.first_month
{{ join_missing_rates(
    'figures', 'figures.period_type', "case when figures.market_scope = 'all' then 'all' else 'scope' end",
    'figures.market_scope'
) }}
