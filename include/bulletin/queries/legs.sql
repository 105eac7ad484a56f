select
    month,
    product_group as product,
    domestic_share,
    domestic_value_cny,
    total_value_cny,
    domestic_share_change_6m_pp,
    domestic_value_6m_before_cny,
    total_value_6m_before_cny,
    asean_share,
    asean_value_cny,
    europe_america_share,
    europe_america_value_cny,
    rest_share,
    rest_value_cny,
    share_reason,
    change_reason,
    stage,
    (month - interval '6 months')::date as base_month
from marts.dual_circulation
order by product_group, month
