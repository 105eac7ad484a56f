with sales as (
    select
        month,
        product_group,
        market_group,
        value_cny,
        value_usd,
        lines_without_rate
    from {{ ref('int_sales__cells') }}
    where basis = 'order_book' and market_level = 'group'
),

{{ dual_circulation('sales', 'product_group') }},

staged as (
    {{ with_stage('compared', 'month') }}
)

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
    change_reason,
    domestic_share_speed_pp,
    domestic_share_change_1m_pp,
    change_1m_reason,
    is_turning,
    switch_month,
    case when switch_month is null then 'no_switch' end as switch_reason,
    asean_value_cny,
    europe_america_value_cny,
    rest_value_cny,
    asean_share,
    europe_america_share,
    rest_share,
    domestic_value_usd,
    total_value_usd,
    is_finished,
    stage,
    lines_without_rate
from staged
