-- Volume or price?
-- 是量增还是价涨？
-- Fisher indices; the effects are yuan and sum to the change of matched sales.
-- 费氏指数；两个效应以人民币元计，其和等于可比金额的变动。
select period_start, value_index, fisher_price_index, fisher_quantity_index, price_effect_cny,
    quantity_effect_cny, matched_share, trimmed_items
from marts.price_quantity
where period_type = 'month' and basis = 'customs' and product_group = 'white_cloth' and market_level = 'all'
    and index_reason is null
order by period_start desc;
