-- Markets' shares of the year
-- 全年各市场份额
-- dashboard: markets
select extract(year from month) as year, product_group, market_code, sum(value_cny) as value_cny,
    marts.ratio(value_cny, total_value_cny, row(whole), row(basis, market_level, product_group = 'ALL')) as share
from marts.market_share_complete()
where basis = 'order_book' and market_level = 'market'
group by year, product_group, market_code
having sum(value_cny) > 0
order by year, product_group, value_cny desc;
