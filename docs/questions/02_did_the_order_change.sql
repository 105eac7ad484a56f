-- Did the order of denim's markets change?
-- 牛仔布市场的名次变了吗？
-- The ten largest of the newest finished month; an earlier rank is null where the market bought nothing then.
-- 最近一个已结束月份最大的十个市场；当时没有购买的，先前位次为空。
select market_code, value_rank, value_rank_3m_before, value_rank_12m_before, share, share_change_3m_pp,
    share_change_yoy_pp
from marts.market_share
where month = (
        select max(month) from marts.market_share where basis = 'order_book' and is_finished
    )
    and basis = 'order_book' and product_group = 'denim' and market_level = 'market'
order by value_rank
limit 10;
