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

compared as (
    select
        mills.basis,
        period_months.period_type,
        period_months.first_month,
        period_months.last_month,
        period_months.has_base,
        period_months.base_reason,
        mills.enterprise_uscc,
        mills.product_group,
        mills.is_domestic,
        sum(mills.value_cny) filter (where not period_months.is_base) as value_cny,
        sum(mills.value_cny) filter (where period_months.is_base) as base_value_cny
    from {{ ref('int_sales__period_months') }} as period_months
    inner join mills on period_months.basis = mills.basis and period_months.month = mills.month
    where period_months.period_type in ('month', 'ytd', 'janfeb')
    group by
        mills.basis, period_months.period_type, period_months.first_month, period_months.last_month,
        period_months.has_base, period_months.base_reason, mills.enterprise_uscc, mills.product_group,
        mills.is_domestic
),

-- A mill reports in a period when it sold anything at all, whatever and to whom.
presence as (
    select
        *,
        bool_or(value_cny is not null) over of_mill as reports_now,
        bool_or(base_value_cny is not null) over of_mill as reported_then
    from compared
    window of_mill as (partition by basis, period_type, first_month, enterprise_uscc)
),

scoped as (
    select
        presence.basis,
        presence.period_type,
        presence.first_month,
        presence.last_month,
        presence.has_base,
        presence.base_reason,
        coalesce(presence.product_group, 'ALL') as product_group,
        scopes.market_scope,
        presence.enterprise_uscc,
        bool_and(presence.reports_now and presence.reported_then) as is_matched,
        bool_and(not presence.reports_now) as is_missing,
        bool_and(not presence.reported_then) as is_new,
        coalesce(sum(presence.value_cny), 0) as value_cny,
        coalesce(sum(presence.base_value_cny), 0) as base_value_cny
    from presence
    cross join
        lateral (
            values ('all'), (case when presence.is_domestic then 'domestic' else 'export' end)
        ) as scopes (market_scope)
    group by
        presence.basis, presence.period_type, presence.first_month, presence.last_month, presence.has_base,
        presence.base_reason, scopes.market_scope, presence.enterprise_uscc,
        grouping sets ((presence.product_group), ())
),

summed as (
    select
        basis,
        period_type,
        first_month,
        last_month,
        has_base,
        base_reason,
        product_group,
        market_scope,
        sum(value_cny) as value_cny,
        case when has_base then sum(base_value_cny) end as base_value_cny,
        case when has_base then coalesce(sum(value_cny) filter (where is_matched), 0) end as matched_value_cny,
        case when has_base then coalesce(sum(base_value_cny) filter (where is_matched), 0) end
            as matched_base_value_cny,
        case when has_base then coalesce(sum(base_value_cny) filter (where is_missing), 0) end
            as missing_base_value_cny,
        case when has_base then coalesce(sum(value_cny) filter (where is_new), 0) end as new_value_cny,
        case when has_base then count(*) filter (where is_matched) end as mills_matched,
        case when has_base then count(*) filter (where is_missing) end as mills_missing,
        case when has_base then count(*) filter (where is_new) end as mills_new
    from scoped
    group by
        basis, period_type, first_month, last_month, has_base, base_reason, product_group, market_scope
),

growths as (
    select
        *,
        case when base_reason is null then {{ growth('value_cny', 'base_value_cny') }} end as growth_yoy,
        {{ growth_reason('base_reason', 'base_value_cny') }} as growth_reason,
        case when base_reason is null then {{ growth('matched_value_cny', 'matched_base_value_cny') }} end
            as matched_growth_yoy,
        {{ growth_reason('base_reason', 'matched_base_value_cny') }} as matched_growth_reason
    from summed
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
    missing_base_value_cny,
    new_value_cny,
    mills_matched,
    mills_missing,
    mills_new
from growths
