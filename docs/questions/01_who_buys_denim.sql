-- Who buys our denim?
-- 谁在买我们的牛仔布？
-- One row per market group of the newest finished month, the largest first.
-- 最近一个已结束月份，每个市场组一行，最大者在先。
select market_group, value_rank, value_cny, total_value_cny, share
from marts.market_share
where month = (
        select max(month) from marts.market_share where basis = 'order_book' and is_finished
    )
    and basis = 'order_book' and product_group = 'denim' and market_level = 'group'
order by value_rank;
