with sales as (
    select
        month,
        product_group,
        market_group,
        value_cny
    from {{ ref('int_sales__cells') }}
    where basis = 'order_book' and market_level = 'group'
),

{{ dual_circulation('sales', 'product_group') }}

select
    month,
    product_group,
    domestic_value_cny,
    export_value_cny,
    total_value_cny,
    domestic_share,
    export_share,
    balance_index,
    share_reason,
    domestic_value_6m_before_cny,
    total_value_6m_before_cny,
    domestic_share_change_6m_pp,
    change_reason
from compared
