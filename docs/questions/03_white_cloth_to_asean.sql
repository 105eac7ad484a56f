-- Did white cloth to ASEAN really grow 30 %?
-- 对东盟的白坯布真的增长了三成吗？
-- growth_comparable is the figure to quote, on the basis beside it.
-- 引用时用 growth_comparable，其可比口径列在旁边。
select period_start, value_cny, base_value_cny, growth_yoy, growth_yoy_usd, growth_yoy_quantity,
    comparison_basis, growth_comparable
from marts.growth
where period_type = 'month' and basis = 'customs' and product_group = 'white_cloth'
    and market_level = 'group' and market_group = 'ASEAN' and growth_yoy is not null
order by period_start desc;
