-- Dependence on few markets and customers
-- 对少数市场和客户的依赖
-- dashboard: risk
select period_start, product_group, market_scope, dimension, herfindahl_index, equivalents_number,
    largest_four_share
from marts.concentration
where period_type = 'ytd' and basis = 'order_book' and dimension in ('customers', 'markets')
order by period_start, product_group, market_scope, dimension;
