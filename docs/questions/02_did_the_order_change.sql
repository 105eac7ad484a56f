-- Did the order of denim's markets change?
-- 牛仔布市场的名次变了吗？
-- Change of the share in points against a year and against three months before.
select market_code, value_rank, share, share_change_yoy_pp, share_change_3m_pp
from marts.market_share
where month = (select max(month) from marts.market_share where basis = 'order_book')
    and basis = 'order_book' and product_group = 'denim' and market_level = 'market'
order by value_rank
limit 10;
