with cells as (
    select * from {{ ref('int_sales__cells') }}
),

months as (
    select
        basis,
        month,
        is_finished
    from {{ ref('int_sales__months') }}
),

-- Sales by the groups of today: a group that grew since then has members that it did not have.
groups_today as (
    select
        cells.month,
        cells.basis,
        cells.product_group,
        'group' as market_level,
        today.market_group,
        sum(cells.value_cny) as value_cny
    from cells
    inner join {{ ref('int_markets__today') }} as today on cells.market_code = today.market_code
    where cells.market_level = 'market'
    group by cells.month, cells.basis, cells.product_group, today.market_group
),

cells_before as (
    select * from {{ ref('int_sales__cells_before') }}
),

known_before as (
    select cells_before.*
    from cells_before
    inner join months on cells_before.basis = months.basis and cells_before.month = months.month
    where cells_before.market_level <> 'all'
),

-- A market that buys no more keeps a row with 0, so that the loss stays in the shares' changes.
buyers as (
    select
        coalesce(cells.month, before.month) as month,
        coalesce(cells.basis, before.basis) as basis,
        coalesce(cells.product_group, before.product_group) as product_group,
        coalesce(cells.market_level, before.market_level) as market_level,
        coalesce(cells.market_group, before.market_group) as market_group,
        coalesce(cells.market_code, before.market_code) as market_code,
        cells.value_cny,
        cells.value_usd,
        cells.quantity,
        cells.quantified_value_cny,
        cells.processing_value_cny,
        cells.enterprise_count,
        cells.lines_without_rate,
        cells.month is not null as has_sales
    from cells
    full join known_before as before
        on
            cells.month = before.month
            and cells.basis = before.basis
            and cells.product_group = before.product_group
            and cells.market_level = before.market_level
            and cells.market_group = before.market_group
            and coalesce(cells.market_code, '') = coalesce(before.market_code, '')
),

shown as (
    select
        coalesce(cells.month, today.month) as month,
        coalesce(cells.basis, today.basis) as basis,
        coalesce(cells.product_group, today.product_group) as product_group,
        coalesce(cells.market_level, today.market_level) as market_level,
        coalesce(cells.market_group, today.market_group) as market_group,
        cells.market_code,
        coalesce(cells.value_cny, 0) as value_cny,
        case when cells.has_sales then cells.value_usd else 0 end as value_usd,
        cells.quantity,
        coalesce(cells.quantified_value_cny, 0) as quantified_value_cny,
        coalesce(cells.processing_value_cny, 0) as processing_value_cny,
        case
            when cells.market_level = 'market' then coalesce(cells.value_cny, 0)
            else coalesce(today.value_cny, 0)
        end as value_today_members_cny,
        coalesce(cells.enterprise_count, 0) as enterprise_count,
        coalesce(cells.lines_without_rate, 0) as lines_without_rate
    from buyers as cells
    full join groups_today as today
        on
            cells.month = today.month
            and cells.basis = today.basis
            and cells.product_group = today.product_group
            and cells.market_level = today.market_level
            and cells.market_group = today.market_group
),

totalled as (
    select
        *,
        sum(value_cny) over parent as total_value_cny,
        case when count(*) over parent = count(value_usd) over parent then sum(value_usd) over parent end
            as total_value_usd,
        sum(quantity) over parent as total_quantity,
        sum(quantified_value_cny) over parent as total_quantified_value_cny,
        cast(sum(lines_without_rate) over parent as bigint) as total_lines_without_rate,
        rank() over (parent order by value_cny desc) as value_rank
    from shown
    window parent as (partition by month, basis, product_group, market_level)
),

compared as (
    select
        totalled.*,
        own_months.is_finished,
        product_groups.quantity_unit,
        case
            when product_groups.quantity_unit is null then 'no_common_unit'
            when
                not {{ quantity_is_known('totalled.quantified_value_cny', 'totalled.value_cny') }}
                or not {{ quantity_is_known('totalled.total_quantified_value_cny', 'totalled.total_value_cny') }}
                then 'quantity_partly_known'
        end as quantity_reason,
        months_yoy.month is not null as has_base_yoy,
        months_3m.month is not null as has_base_3m,
        -- A market without sales in a month that was recorded sold nothing.
        case when months_yoy.month is not null then coalesce(cells_before.value_12m_before_cny, 0) end as base_yoy,
        case when months_yoy.month is not null then coalesce(totals_before.value_12m_before_cny, 0) end
            as base_total_yoy,
        case when months_3m.month is not null then coalesce(cells_before.value_3m_before_cny, 0) end as base_3m,
        case when months_3m.month is not null then coalesce(totals_before.value_3m_before_cny, 0) end as base_total_3m,
        totals_before.lines_without_rate_12m_before as base_total_lines_without_rate,
        totals_before.lines_without_rate_3m_before as total_lines_without_rate_3m_before
    from totalled
    left join {{ ref('product_groups') }} as product_groups
        on totalled.product_group = product_groups.product_group
    inner join months as own_months
        on
            totalled.basis = own_months.basis
            and totalled.month = own_months.month
    left join months as months_yoy
        on
            totalled.basis = months_yoy.basis
            and {{ month_plus('totalled.month', -12) }} = months_yoy.month
    left join months as months_3m
        on
            totalled.basis = months_3m.basis
            and {{ month_plus('totalled.month', -3) }} = months_3m.month
    left join cells_before as totals_before
        on
            totals_before.market_level = 'all'
            and totalled.month = totals_before.month
            and totalled.basis = totals_before.basis
            and totalled.product_group = totals_before.product_group
    left join cells_before
        on
            totalled.month = cells_before.month
            and totalled.basis = cells_before.basis
            and totalled.product_group = cells_before.product_group
            and totalled.market_level = cells_before.market_level
            and totalled.market_group = cells_before.market_group
            and coalesce(totalled.market_code, '') = coalesce(cells_before.market_code, '')
),

shares as (
    select
        *,
        {{ if_valued(share('value_cny', 'total_value_cny'), 'total_lines_without_rate') }} as share,
        {{ if_valued(share('base_yoy', 'base_total_yoy'), 'base_total_lines_without_rate') }} as base_share_yoy,
        {{ if_valued(share('base_3m', 'base_total_3m'), 'total_lines_without_rate_3m_before') }} as base_share_3m,
        {{ share('value_usd', 'total_value_usd') }} as share_usd,
        case
            when quantity_reason is null then {{ share('coalesce(quantity, 0)', 'total_quantity') }}
        end as share_quantity,
        {{ if_valued(share('value_today_members_cny', 'total_value_cny'), 'total_lines_without_rate') }}
            as share_today_members,
        case when base_yoy > 0 then rank() over (parent order by base_yoy desc) end as value_rank_12m_before,
        case when base_3m > 0 then rank() over (parent order by base_3m desc) end as value_rank_3m_before
    from compared
    window parent as (partition by month, basis, product_group, market_level)
),

staged as (
    {{ with_stage('shares', 'month') }}
)

select
    month,
    basis,
    product_group,
    market_level,
    market_group,
    market_code,
    value_cny,
    total_value_cny,
    share,
    case
        when not {{ valued('total_lines_without_rate') }} then 'no_exchange_rate'
        when share is null then 'zero_denominator'
    end as share_reason,
    base_yoy as base_value_cny,
    base_total_yoy as base_total_value_cny,
    {{ share_change_pp('share', 'base_share_yoy') }} as share_change_yoy_pp,
    case
        when not has_base_yoy then 'no_base_period'
        when not {{ valued('total_lines_without_rate', 'base_total_lines_without_rate') }} then 'no_exchange_rate'
        when share is null or base_share_yoy is null then 'zero_denominator'
    end as share_change_reason,
    enterprise_count,
    value_rank,
    base_3m as value_3m_before_cny,
    base_total_3m as total_value_3m_before_cny,
    {{ share_change_pp('share', 'base_share_3m') }} as share_change_3m_pp,
    case
        when not has_base_3m then 'no_base_period'
        when not {{ valued('total_lines_without_rate', 'total_lines_without_rate_3m_before') }}
            then 'no_exchange_rate'
        when share is null or base_share_3m is null then 'zero_denominator'
    end as share_change_3m_reason,
    value_usd,
    total_value_usd,
    share_usd,
    case
        when total_value_usd is null then 'no_exchange_rate'
        when share_usd is null then 'zero_denominator'
    end as share_usd_reason,
    quantity_unit,
    quantity,
    total_quantity,
    share_quantity,
    case
        when quantity_reason is not null then quantity_reason
        when share_quantity is null then 'zero_denominator'
    end as share_quantity_reason,
    quantified_value_cny,
    processing_value_cny,
    value_today_members_cny,
    share_today_members,
    is_finished,
    value_rank_12m_before,
    value_rank_3m_before,
    stage,
    lines_without_rate,
    total_lines_without_rate
from staged
