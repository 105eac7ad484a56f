with cells as (
    select
        *,
        sum(value_cny) over (partition by month, basis, product_group, market_level) as total_value_cny
    from {{ ref('int_sales__cells') }}
),

months as (
    select
        basis,
        month
    from {{ ref('int_sales__months') }}
),

-- The same markets a year earlier, grouped as they are now, so that a change of membership is no change of share.
base_markets as (
    select
        {{ month_plus('cells.month', 12) }} as month,
        cells.basis,
        cells.product_group,
        {{ market_group_of() }} as market_group,
        cells.market_code,
        cells.value_cny
    from cells
    {{ join_market_membership(
        country_of_market('cells.market_code'), last_day_of(month_plus('cells.month', 12))
    ) }}
    where cells.market_level = 'market'
),

base_cells as (
    select
        month,
        basis,
        product_group,
        case when grouping(market_code) = 1 then 'group' else 'market' end as market_level,
        market_group,
        market_code,
        sum(value_cny) as value_cny
    from base_markets
    group by grouping sets (
        (month, basis, product_group, market_group, market_code),
        (month, basis, product_group, market_group)
    )
),

base_totals as (
    select
        month,
        basis,
        product_group,
        sum(value_cny) as total_value_cny
    from base_markets
    group by month, basis, product_group
),

compared as (
    select
        cells.month,
        cells.basis,
        cells.product_group,
        cells.market_level,
        cells.market_group,
        cells.market_code,
        cells.value_cny,
        cells.total_value_cny,
        cells.enterprise_count,
        months.month is not null as has_base,
        base_totals.total_value_cny as base_total_value_cny,
        -- A market without sales in a year that was recorded sold nothing.
        case when months.month is not null then coalesce(base_cells.value_cny, 0) end as base_value_cny
    from cells
    left join months
        on
            cells.basis = months.basis
            and {{ month_plus('cells.month', -12) }} = months.month
    left join base_totals
        on
            cells.month = base_totals.month
            and cells.basis = base_totals.basis
            and cells.product_group = base_totals.product_group
    left join base_cells
        on
            cells.month = base_cells.month
            and cells.basis = base_cells.basis
            and cells.product_group = base_cells.product_group
            and cells.market_level = base_cells.market_level
            and cells.market_group = base_cells.market_group
            and coalesce(cells.market_code, '') = coalesce(base_cells.market_code, '')
),

shares as (
    select
        *,
        {{ share('value_cny', 'total_value_cny') }} as share,
        {{ share('base_value_cny', 'base_total_value_cny') }} as base_share
    from compared
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
    case when share is null then 'zero_denominator' end as share_reason,
    base_value_cny,
    base_total_value_cny,
    {{ share_change_pp('share', 'base_share') }} as share_change_yoy_pp,
    case
        when not has_base then 'no_base_period'
        when share is null or base_share is null then 'zero_denominator'
    end as share_change_reason,
    enterprise_count
from shares
