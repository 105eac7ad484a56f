select
    c.period_start as month,
    c.product_group as product,
    c.member,
    c.contribution_pp,
    g.growth_yoy,
    whole.growth_yoy as total_growth_yoy,
    c.change_cny,
    c.value_cny,
    c.base_value_cny,
    c.base_total_value_cny,
    c.total_value_cny,
    c.total_growth_pp,
    c.contribution_reason,
    coalesce(g.growth_reason, c.contribution_reason) as growth_reason,
    c.comparability_reason,
    c.stage,
    (c.period_start - interval '12 months')::date as base_month
from marts.growth_contribution as c
left join marts.growth as g
    on
        c.basis = g.basis and c.period_type = g.period_type and c.period_start = g.period_start
        and c.product_group = g.product_group and g.market_level = 'group' and c.member = g.market_group
left join marts.growth as whole
    on
        c.basis = whole.basis and c.period_type = whole.period_type and c.period_start = whole.period_start
        and c.product_group = whole.product_group and whole.market_level = 'all'
where c.basis = 'order_book' and c.period_type = 'month' and c.dimension = 'market_group'
order by c.product_group, c.period_start, c.contribution_pp desc nulls last, c.member
