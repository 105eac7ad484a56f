{{ config(**kept_by_month()) }}

with cells as (
    select
        basis,
        month,
        coalesce(product_group, 'ALL') as product_group,
        case when grouping(market_code) = 1 then 'group' else 'market' end as market_level,
        market_group,
        market_code,
        sum(value_cny) as value_cny,
        {{ complete_sum('value_usd') }} as value_usd,
        -- Metres and pieces do not add up: a quantity has one product group.
        case when grouping(product_group) = 0 then sum(quantity) end as quantity,
        sum(quantified_value_cny) as quantified_value_cny,
        sum(processing_value_cny) as processing_value_cny,
        count(distinct enterprise_uscc) as enterprise_count,
        cast(sum(lines_without_rate) as bigint) as lines_without_rate
    from {{ ref('int_sales__by_mill') }}
    where {{ touched('month') }}
    group by grouping sets (
        (month, basis, product_group, market_group, market_code),
        (month, basis, product_group, market_group),
        (month, basis, market_group, market_code),
        (month, basis, market_group)
    )
)

select
    cells.basis,
    cells.month,
    cells.product_group,
    cells.market_level,
    cells.market_group,
    cells.market_code,
    cells.value_cny,
    cells.value_usd,
    cells.quantity,
    product_groups.quantity_unit,
    cells.quantified_value_cny,
    cells.processing_value_cny,
    cells.enterprise_count,
    cells.lines_without_rate
from cells
left join {{ ref('product_groups') }} as product_groups on cells.product_group = product_groups.product_group
