-- Sales by bloc, newest finished month
-- 各市场集团销售额（最近完整月份）
-- dashboard: markets
select basis, product_group, market_group, value_rank, value_cny, total_value_cny, share, share_change_yoy_pp,
    enterprise_count
from marts.market_share
where market_level = 'group'
    and month = (select max(month) from marts.market_share where basis = 'order_book' and is_finished)
order by basis, product_group, value_rank;
