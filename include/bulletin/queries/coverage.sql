select
    period_start as month,
    product_group as product,
    growth_yoy,
    matched_growth_yoy,
    coverage_effect_pp,
    value_cny,
    base_value_cny,
    matched_value_cny,
    matched_base_value_cny,
    matched_value_cny / nullif(value_cny, 0) as matched_value_share,
    mills_matched,
    mills_missing,
    mills_new,
    growth_reason,
    matched_growth_reason,
    coverage_effect_reason,
    comparability_reason,
    stage,
    (period_start - interval '12 months')::date as base_month
from marts.matched_growth
where basis = 'order_book' and period_type = 'month' and market_scope = 'all'
order by product_group, period_start
