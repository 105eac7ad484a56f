with sales as (
    select
        month,
        enterprise_uscc,
        market_group,
        value_cny
    from {{ ref('int_sales__by_mill') }}
    where basis = 'order_book'
),

{{ dual_circulation('sales', 'enterprise_uscc') }}

select
    month,
    enterprise_uscc,
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
