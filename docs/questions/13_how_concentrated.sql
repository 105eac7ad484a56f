-- How much depends on a few customers and markets?
-- 对少数客户和市场的依赖有多大？
-- So many of one size would be as concentrated (equivalents_number).
-- 等效数目（equivalents_number）：多少个同样大小的成员会有同样的集中程度。
select period_start, dimension, member_count, equivalents_number, largest_four_share, largest_share
from marts.concentration
where period_type = 'ytd' and basis = 'order_book' and product_group = 'denim' and market_scope = 'all'
order by period_start desc, dimension;
