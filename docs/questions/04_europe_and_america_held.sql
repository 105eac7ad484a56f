-- Are Europe and America held?
-- 欧美市场稳住了吗？
-- Year to date and twelve months, yuan and dollars.
select period_type, period_start, market_group, growth_yoy, growth_yoy_usd, is_low_base
from marts.growth
where period_type in ('ytd', 'r12') and basis = 'customs' and product_group = 'ALL'
    and market_level = 'group' and market_group in ('EU', 'UK', 'NORTH_AMERICA')
    and period_end = (select max(period_end) from marts.growth where period_type = 'r12' and basis = 'customs')
order by period_type, market_group;
