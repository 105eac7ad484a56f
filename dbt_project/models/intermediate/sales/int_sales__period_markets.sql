{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with periods as (
    select * from {{ ref('int_sales__periods') }}
),

markets as (
    select
        basis,
        month,
        product_group,
        market_code,
        sum(value_cny) as value_cny,
        {{ complete_sum('value_usd') }} as value_usd,
        sum(quantity) as quantity,
        sum(quantified_value_cny) as quantified_value_cny
    from {{ ref('int_sales__cells') }}
    where market_level = 'market'
    group by basis, month, product_group, market_code
),

months as (
    select * from {{ ref('int_sales__months') }}
),

-- Each sale beside the periods it is compared in.
compared as (
    select
        period_months.basis,
        period_months.period_type,
        period_months.first_month,
        case when period_months.is_base then 'base' else 'own' end as side,
        markets.product_group,
        markets.market_code,
        markets.value_cny,
        markets.value_usd,
        markets.quantity,
        markets.quantified_value_cny
    from {{ ref('int_sales__period_months') }} as period_months
    inner join markets on period_months.basis = markets.basis and period_months.month = markets.month
    union all
    select
        months.basis,
        'month' as period_type,
        months.month as first_month,
        'previous' as side,
        markets.product_group,
        markets.market_code,
        markets.value_cny,
        markets.value_usd,
        markets.quantity,
        markets.quantified_value_cny
    from months
    inner join markets on months.basis = markets.basis and {{ month_plus('months.month', -1) }} = markets.month
    union all
    select
        windows.basis,
        'month' as period_type,
        windows.month as first_month,
        'festival' as side,
        days.product_group,
        days.market_code,
        days.value_cny,
        0 as value_usd,
        0 as quantity,
        0 as quantified_value_cny
    from {{ ref('int_sales__festival_windows') }} as windows
    inner join {{ ref('int_sales__festival_days') }} as days
        on
            windows.basis = days.basis
            and days.sold_on between windows.base_start and windows.base_end
    where windows.has_base
),

summed as (
    select
        basis,
        period_type,
        first_month,
        product_group,
        market_code,
        coalesce(sum(value_cny) filter (where side = 'own'), 0) as value_cny,
        coalesce(sum(value_cny) filter (where side = 'base'), 0) as base_value_cny,
        coalesce(sum(value_cny) filter (where side = 'previous'), 0) as previous_value_cny,
        coalesce(sum(value_cny) filter (where side = 'festival'), 0) as festival_base_value_cny,
        case
            when count(*) filter (where side = 'own' and value_usd is null) = 0
                then coalesce(sum(value_usd) filter (where side = 'own'), 0)
        end as value_usd,
        case
            when count(*) filter (where side = 'base' and value_usd is null) = 0
                then coalesce(sum(value_usd) filter (where side = 'base'), 0)
        end as base_value_usd,
        coalesce(sum(quantity) filter (where side = 'own'), 0) as quantity,
        coalesce(sum(quantity) filter (where side = 'base'), 0) as base_quantity,
        coalesce(sum(quantified_value_cny) filter (where side = 'own'), 0) as quantified_value_cny,
        coalesce(sum(quantified_value_cny) filter (where side = 'base'), 0) as base_quantified_value_cny
    from compared
    group by basis, period_type, first_month, product_group, market_code
)

-- Both periods by the membership of the period's last day, and by today's: like is compared with like.
select
    summed.basis,
    summed.period_type,
    summed.first_month,
    periods.last_month,
    summed.product_group,
    {{ market_group_of() }} as market_group,
    today.market_group as market_group_today,
    summed.market_code,
    summed.value_cny,
    summed.base_value_cny,
    summed.previous_value_cny,
    summed.festival_base_value_cny,
    summed.value_usd,
    summed.base_value_usd,
    summed.quantity,
    summed.base_quantity,
    summed.quantified_value_cny,
    summed.base_quantified_value_cny
from summed
inner join periods
    on
        summed.basis = periods.basis
        and summed.period_type = periods.period_type
        and summed.first_month = periods.first_month
left join {{ ref('int_markets__today') }} as today on summed.market_code = today.market_code
{{ join_market_membership(country_of_market('summed.market_code'), last_day_of('periods.last_month')) }}
