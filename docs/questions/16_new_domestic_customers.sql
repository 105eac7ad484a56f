-- Where are the new domestic customers?
-- 新的国内客户在哪些省？
-- Customers whose first order ever lies in the year.
-- 首次订货在该年内的客户。
select market.name_zh, margins.new_customer_count, margins.new_customer_value_cny
from marts.margins
inner join marts.dim_market as market on margins.market_code = market.market_code
where margins.period_type = 'ytd' and margins.basis = 'order_book' and margins.product_group = 'ALL'
    and margins.market_level = 'market' and margins.market_group = 'DOMESTIC'
    and margins.new_customer_count > 0
    and margins.period_start = (
        select max(period_start) from marts.margins where period_type = 'ytd' and basis = 'order_book'
    )
order by margins.new_customer_value_cny desc;
