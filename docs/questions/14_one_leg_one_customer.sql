-- Does the domestic leg stand on few customers?
-- 内销这条腿是否集中在少数客户？
-- Domestic beside export, month by month.
-- 内销与外销并列，逐月。
select period_start, market_scope, member_count, herfindahl_index, largest_four_share
from marts.concentration
where period_type = 'month' and basis = 'order_book' and product_group = 'denim' and dimension = 'customers'
    and market_scope <> 'all'
order by period_start desc, market_scope;
