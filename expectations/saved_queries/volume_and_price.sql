-- Volume and price
-- 量与价
-- dashboard: prices
select period_start, product_group, value_index, fisher_price_index, fisher_quantity_index, price_effect_cny,
    quantity_effect_cny, matched_share, index_reason
from marts.price_quantity
where period_type = 'month' and basis = 'customs' and market_level = 'all'
order by period_start, product_group;
