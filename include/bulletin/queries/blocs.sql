select
    month,
    product_group as product,
    market_group as member,
    share,
    value_cny,
    total_value_cny,
    base_value_cny,
    base_total_value_cny,
    share_change_yoy_pp,
    enterprise_count,
    share_reason,
    share_change_reason,
    stage,
    (month - interval '12 months')::date as base_month
from marts.market_share
where basis = 'customs' and market_level = 'group' and market_group <> 'DOMESTIC'
order by product_group, month, share desc nulls last
