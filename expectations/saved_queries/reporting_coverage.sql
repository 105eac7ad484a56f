-- Growth with and without mills that report in one year only
-- 报送范围变动对增速的影响
-- dashboard: risk
select period_start, product_group, growth_yoy, matched_growth_yoy, coverage_effect_pp, mills_matched,
    mills_missing, mills_new
from marts.matched_growth
where period_type = 'month' and basis = 'order_book' and market_scope = 'all'
order by period_start, product_group;
