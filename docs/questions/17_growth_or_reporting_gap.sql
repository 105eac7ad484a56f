-- Is the growth real or a reporting gap?
-- 是真增长，还是漏报？
-- Growth of mills that report in both periods beside that of all.
-- 两期都报送的企业的增速，与全部企业的增速并列。
select period_start, growth_yoy, matched_growth_yoy, coverage_effect_pp, mills_matched, mills_missing,
    mills_new
from marts.matched_growth
where period_type = 'month' and basis = 'order_book' and product_group = 'ALL' and market_scope = 'all'
    and growth_yoy is not null
order by period_start desc;
