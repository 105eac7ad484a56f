-- Growth of white cloth to ASEAN
-- 对东盟白坯布出口增速
-- dashboard: markets
select period_start, value_cny, base_value_cny, growth_yoy, growth_reason, comparison_basis, growth_comparable,
    is_low_base
from marts.growth
where period_type = 'month' and basis = 'customs' and product_group = 'white_cloth'
    and market_level = 'group' and market_group = 'ASEAN'
order by period_start;
