-- Each headline figure of a finished period twice: as it is now, and as readers see it. A year to date
-- has another end with every month: it is not one figure that moves.
with market_shares as (
    select
        'now' as side,
        cast(null as bigint) as release_id,
        month,
        basis,
        product_group,
        market_level,
        market_group,
        case when lines_without_rate = 0 then value_cny end as value_cny,
        share,
        total_lines_without_rate > 0 as is_waiting
    from {{ ref('market_share') }}
    union all
    select
        'released' as side,
        valid_from_release as release_id,
        month,
        basis,
        product_group,
        market_level,
        market_group,
        case when coalesce(to_jsonb(stored) ->> 'lines_without_rate', '0') = '0' then value_cny end as value_cny,
        share,
        false as is_waiting
    from {{ current_release('market_share') }} as stored
),

growths as (
    select
        'now' as side,
        cast(null as bigint) as release_id,
        period_type,
        period_start,
        basis,
        product_group,
        market_level,
        market_group,
        growth_yoy,
        comparability_reason,
        coalesce(growth_reason = 'no_exchange_rate', false) as is_waiting
    from {{ ref('growth') }}
    union all
    select
        'released' as side,
        valid_from_release as release_id,
        period_type,
        period_start,
        basis,
        product_group,
        market_level,
        market_group,
        growth_yoy,
        comparability_reason,
        false as is_waiting
    from {{ current_release('growth') }} as stored
),

-- The stage of a month now, and as readers see it; a release of older code shows none.
stages as (
    select
        'now' as side,
        month,
        stage
    from {{ ref('dim_month') }}
    union all
    select
        'released' as side,
        month,
        to_jsonb(stored) ->> 'stage' as stage
    from {{ current_release('dim_month') }} as stored
),

finished_months as (
    select
        side,
        basis,
        period_start as month
    from growths
    where
        period_type = 'month' and product_group = 'ALL' and market_level = 'all'
        and comparability_reason is distinct from 'period_not_finished'
),

circulations as (
    select
        'now' as side,
        cast(null as bigint) as release_id,
        month,
        product_group,
        domestic_share,
        coalesce(share_reason = 'no_exchange_rate', false) as is_waiting
    from {{ ref('dual_circulation') }}
    union all
    select
        'released' as side,
        valid_from_release as release_id,
        month,
        product_group,
        domestic_share,
        false as is_waiting
    from {{ current_release('dual_circulation') }} as stored
),

figures as (
    select
        market_shares.side,
        market_shares.release_id,
        'market_share' as mart,
        metrics.metric,
        'month' as period_type,
        market_shares.month as period_start,
        market_shares.basis,
        market_shares.product_group,
        market_shares.market_level,
        market_shares.market_group,
        metrics.figure,
        market_shares.is_waiting
    from market_shares
    inner join finished_months
        on
            market_shares.side = finished_months.side
            and market_shares.basis = finished_months.basis
            and market_shares.month = finished_months.month
    cross join
        lateral (
            values ('value_cny', market_shares.value_cny), ('share', market_shares.share)
        ) as metrics (metric, figure)
    where market_shares.market_level = 'group'
    union all
    select
        side,
        release_id,
        'growth' as mart,
        'growth_yoy' as metric,
        period_type,
        period_start,
        basis,
        product_group,
        market_level,
        market_group,
        growth_yoy as figure,
        is_waiting
    from growths
    where
        market_level <> 'market' and period_type <> 'ytd'
        and comparability_reason is distinct from 'period_not_finished'
    union all
    select
        circulations.side,
        circulations.release_id,
        'dual_circulation' as mart,
        'domestic_share' as metric,
        'month' as period_type,
        circulations.month as period_start,
        finished_months.basis,
        circulations.product_group,
        'all' as market_level,
        cast(null as text) as market_group,
        circulations.domestic_share as figure,
        circulations.is_waiting
    from circulations
    inner join finished_months
        on
            circulations.side = finished_months.side
            and finished_months.basis = 'order_book'
            and circulations.month = finished_months.month
),

-- A longer period has the stage of its last month.
staged as (
    select
        figures.*,
        stages.stage
    from figures
    left join stages
        on
            figures.side = stages.side
            and stages.month = {{ last_month_of('figures.period_type', 'figures.period_start') }}
),

-- What a figure was first: by the revisions so far, else the release that readers see was the first to show it.
firsts as (
    select
        mart,
        metric,
        period_type,
        period_start,
        basis,
        product_group,
        market_level,
        market_group,
        first_release_id,
        first_value,
        first_stage,
        first_formal_value,
        first_final_value,
        true as is_carried
    from {{ ref('int_releases__first_figures') }}
    union all
    select
        mart,
        metric,
        period_type,
        period_start,
        basis,
        product_group,
        market_level,
        market_group,
        release_id as first_release_id,
        figure as first_value,
        stage as first_stage,
        case when stage = 'formal' then figure end as first_formal_value,
        case when stage = 'final' then figure end as first_final_value,
        false as is_carried
    from staged
    where side = 'released' and figure is not null
),

first_figures as (
    select distinct on (
        mart, metric, period_type, period_start, basis, product_group, market_level, market_group
    ) *
    from firsts
    order by
        mart asc, metric asc, period_type asc, period_start asc, basis asc, product_group asc, market_level asc,
        market_group asc, is_carried desc
),

dated as (
    select
        *,
        {{ last_month_of('period_type', 'period_start') }} as last_month
    from first_figures
),

-- Also of a figure that is gone.
today as (
    {{ with_stage('dated', 'last_month') }}
),

compared as (
    select
        today.mart,
        today.metric,
        today.period_type,
        today.period_start,
        today.basis,
        today.product_group,
        today.market_level,
        today.market_group,
        today.first_release_id,
        today.first_value,
        today.first_stage,
        today.stage,
        now.figure as latest_value,
        case
            when now.figure is null and now.is_waiting then 'no_exchange_rate'
            when now.figure is null then 'no_figure_any_more'
        end as revision_reason,
        coalesce(today.first_formal_value, case when today.stage = 'formal' then now.figure end)
            as first_formal_value,
        coalesce(today.first_final_value, case when today.stage = 'final' then now.figure end) as first_final_value
    from today
    left join figures as now
        on
            now.side = 'now'
            and today.mart = now.mart
            and today.metric = now.metric
            and today.period_type = now.period_type
            and today.period_start = now.period_start
            and today.basis = now.basis
            and today.product_group = now.product_group
            and today.market_level = now.market_level
            and coalesce(today.market_group, '') = coalesce(now.market_group, '')
),

judged as (
    select
        *,
        case
            when first_formal_value is not null then null
            when stage = 'flash' then 'not_yet_formal'
            when stage = 'formal' then 'no_figure_any_more'
            else 'not_shown_as_formal'
        end as first_formal_reason,
        case
            when first_final_value is not null then null
            when stage = 'final' then 'no_figure_any_more'
            else 'not_yet_final'
        end as first_final_reason
    from compared
)

select
    mart,
    metric,
    period_type,
    period_start,
    basis,
    product_group,
    market_level,
    market_group,
    first_release_id,
    trim_scale(first_value) as first_value,
    trim_scale(latest_value) as latest_value,
    trim_scale(latest_value - first_value) as revision,
    revision_reason,
    case when revision_reason is null then {{ growth('latest_value', 'first_value') }} end as revision_ratio,
    {{ growth_reason('revision_reason', 'first_value') }} as revision_ratio_reason,
    coalesce(latest_value <> first_value, true) as is_revised,
    first_stage,
    trim_scale(first_formal_value) as first_formal_value,
    first_formal_reason,
    trim_scale(first_final_value) as first_final_value,
    first_final_reason,
    case when first_stage = 'flash' then trim_scale(first_formal_value - first_value) end as flash_to_formal,
    case when first_stage = 'flash' then first_formal_reason else 'not_shown_as_flash' end as flash_to_formal_reason,
    trim_scale(first_final_value - first_formal_value) as formal_to_final,
    coalesce(first_formal_reason, first_final_reason) as formal_to_final_reason,
    stage
from judged
