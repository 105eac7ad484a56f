select
    period_start as month,
    product_group as product,
    member,
    contribution_pp,
    change_cny,
    value_cny,
    base_value_cny,
    base_total_value_cny,
    total_value_cny,
    total_growth_pp,
    contribution_reason,
    comparability_reason,
    stage,
    (period_start - interval '12 months')::date as base_month
from marts.growth_contribution
where basis = 'order_book' and period_type = 'month' and dimension = 'market_group'
order by product_group, period_start, contribution_pp desc nulls last, member
