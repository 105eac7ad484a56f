with sales as (
    select
        month,
        enterprise_uscc,
        market_group,
        value_cny,
        value_usd,
        lines_without_rate
    from {{ ref('int_sales__by_mill') }}
    where basis = 'order_book'
),

{{ dual_circulation('sales', 'enterprise_uscc') }},

staged as (
    {{ with_stage('compared', 'month') }}
)

select
    compared.month,
    compared.enterprise_uscc,
    compared.domestic_value_cny,
    compared.export_value_cny,
    compared.total_value_cny,
    compared.domestic_share,
    compared.export_share,
    compared.balance_index,
    compared.share_reason,
    compared.domestic_value_6m_before_cny,
    compared.total_value_6m_before_cny,
    compared.domestic_share_change_6m_pp,
    compared.change_reason,
    compared.domestic_share_speed_pp,
    compared.domestic_share_change_1m_pp,
    compared.change_1m_reason,
    compared.is_turning,
    compared.switch_month,
    case when compared.switch_month is null then 'no_switch' end as switch_reason,
    compared.asean_value_cny,
    compared.europe_america_value_cny,
    compared.rest_value_cny,
    compared.asean_share,
    compared.europe_america_share,
    compared.rest_share,
    compared.domestic_value_usd,
    compared.total_value_usd,
    history.mill_type,
    history.is_above_scale,
    compared.is_finished,
    compared.stage,
    compared.lines_without_rate
from staged as compared
inner join {{ ref('int_enterprises__history') }} as history
    on
        compared.enterprise_uscc = history.enterprise_uscc
        and history.valid_from <= {{ last_day_of('compared.month') }}
        and (history.valid_to is null or history.valid_to > {{ last_day_of('compared.month') }})
