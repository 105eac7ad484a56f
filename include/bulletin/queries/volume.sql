select
    period_start as month,
    product_group as product,
    value_index,
    fisher_quantity_index,
    fisher_price_index,
    matched_value_cny,
    base_matched_value_cny,
    quantity_effect_cny,
    price_effect_cny,
    matched_share,
    value_cny,
    index_reason,
    matched_share_reason,
    comparability_reason,
    stage,
    (period_start - interval '12 months')::date as base_month
from marts.price_quantity
where basis = 'customs' and period_type = 'month' and market_level = 'all'
order by product_group, period_start
