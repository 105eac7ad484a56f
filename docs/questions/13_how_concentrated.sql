-- How much depends on a few customers and markets?
-- 对少数客户和市场的依赖有多大？
-- So many of one size would be as concentrated (equivalents_number).
select period_start, dimension, member_count, equivalents_number, largest_four_share, largest_share
from marts.concentration
where period_type = 'ytd' and basis = 'order_book' and product_group = 'denim' and market_scope = 'all'
order by period_start, dimension;
