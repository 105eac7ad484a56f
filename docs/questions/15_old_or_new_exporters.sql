-- Is growth to Vietnam from old exporters or new ones?
-- 对越南的增长来自老企业还是新企业？
-- Points of the growth; they add up to it.
-- 对增速的拉动百分点；相加等于增速。
select period_start, change_cny, continuing_pp, entering_known_mill_pp, entering_new_mill_pp, leaving_pp
from marts.margins
where period_type = 'ytd' and basis = 'customs' and product_group = 'ALL' and market_code = 'VNM'
    and margin_reason is null
order by period_start desc;
