with mills as (
    select * from {{ ref('int_sales__by_mill') }}
),

-- What can be concentrated: each sale once in every dimension.
sales as (
    select
        basis,
        month,
        product_group,
        market_group = 'DOMESTIC' as is_domestic,
        'mills' as dimension,
        enterprise_uscc as member,
        sum(value_cny) as value_cny
    from mills
    group by basis, month, product_group, market_group = 'DOMESTIC', enterprise_uscc
    union all
    select
        basis,
        month,
        product_group,
        market_group = 'DOMESTIC' as is_domestic,
        'markets' as dimension,
        market_code as member,
        sum(value_cny) as value_cny
    from mills
    group by basis, month, product_group, market_group = 'DOMESTIC', market_code
    union all
    select
        basis,
        month,
        product_group,
        market_group = 'DOMESTIC' as is_domestic,
        'products' as dimension,
        left(hs_code, 6) as member,
        sum(value_cny) as value_cny
    from {{ ref('int_sales__by_item') }}
    group by basis, month, product_group, market_group = 'DOMESTIC', left(hs_code, 6)
    union all
    -- Two mills may use the same code for different customers.
    select
        'order_book' as basis,
        month,
        product_group,
        market_group = 'DOMESTIC' as is_domestic,
        'customers' as dimension,
        enterprise_uscc || ' ' || customer_code as member,
        sum(value_cny) as value_cny
    from {{ ref('int_sales__by_customer') }}
    group by month, product_group, market_group = 'DOMESTIC', enterprise_uscc, customer_code
),

members as (
    select
        sales.basis,
        period_months.period_type,
        period_months.first_month,
        period_months.last_month,
        coalesce(sales.product_group, 'ALL') as product_group,
        case when grouping(sales.is_domestic) = 1 then 'all' when sales.is_domestic then 'domestic' else 'export' end
            as market_scope,
        sales.dimension,
        sales.member,
        sum(sales.value_cny) as value_cny
    from sales
    inner join {{ ref('int_sales__period_months') }} as period_months
        on
            sales.basis = period_months.basis
            and sales.month = period_months.month
            and not period_months.is_base
            and period_months.period_type in ('month', 'ytd')
    group by
        sales.basis, period_months.period_type, period_months.first_month, period_months.last_month,
        sales.dimension, sales.member,
        grouping sets ((), (sales.product_group)), grouping sets ((), (sales.is_domestic))
    having sum(sales.value_cny) > 0
),

ranked as (
    select
        *,
        row_number() over (
            partition by basis, period_type, first_month, product_group, market_scope, dimension
            order by value_cny desc, member asc
        ) as place
    from members
),

summed as (
    select
        basis,
        period_type,
        first_month,
        last_month,
        product_group,
        market_scope,
        dimension,
        count(*) as member_count,
        sum(value_cny) as value_cny,
        sum(value_cny * value_cny) as squares,
        sum(value_cny) filter (where place <= 4) as largest_four_value_cny,
        max(value_cny) as largest_value_cny
    from ranked
    group by basis, period_type, first_month, last_month, product_group, market_scope, dimension
)

select
    period_type,
    first_month as period_start,
    {{ last_day_of('last_month') }} as period_end,
    basis,
    product_group,
    market_scope,
    dimension,
    member_count,
    value_cny,
    {{ herfindahl('squares', 'value_cny') }} as herfindahl_index,
    {{ equivalents_number('squares', 'value_cny') }} as equivalents_number,
    largest_four_value_cny,
    {{ share('largest_four_value_cny', 'value_cny') }} as largest_four_share,
    largest_value_cny,
    {{ share('largest_value_cny', 'value_cny') }} as largest_share
from summed
