-- Are Europe and America held?
-- 欧美市场稳住了吗？
-- Year to date and twelve months, yuan and dollars.
-- 年初至今和连续十二个月，人民币和美元。
select period_type, period_start, market_group, growth_yoy, growth_yoy_usd, is_low_base
from marts.growth
where basis = 'customs' and product_group = 'ALL' and market_level = 'group'
    and market_group in ('EU', 'UK', 'NORTH_AMERICA')
    and (period_type, period_start) in (
        ('ytd', (select max(period_start) from marts.growth where period_type = 'ytd' and basis = 'customs')),
        ('r12', (select max(period_start) from marts.growth where period_type = 'r12' and basis = 'customs'))
    )
order by period_type, market_group;
