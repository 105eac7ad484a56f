-- Did the order of denim's markets change?
-- 牛仔布市场的名次变了吗？
-- The ten largest of the newest month; an earlier rank is null where the market bought nothing then.
select latest.market_code, latest.value_rank, earlier.value_rank as value_rank_3m_before,
    year_before.value_rank as value_rank_year_before, latest.share, latest.share_change_3m_pp,
    latest.share_change_yoy_pp
from marts.market_share as latest
left join marts.market_share as earlier
    on earlier.month = latest.month - interval '3 months' and earlier.basis = latest.basis
    and earlier.product_group = latest.product_group and earlier.market_level = latest.market_level
    and earlier.market_code = latest.market_code
left join marts.market_share as year_before
    on year_before.month = latest.month - interval '1 year' and year_before.basis = latest.basis
    and year_before.product_group = latest.product_group and year_before.market_level = latest.market_level
    and year_before.market_code = latest.market_code
where latest.month = (select max(month) from marts.market_share where basis = 'order_book')
    and latest.basis = 'order_book' and latest.product_group = 'denim' and latest.market_level = 'market'
order by latest.value_rank
limit 10;
