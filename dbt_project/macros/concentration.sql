{% macro concentration(periods) -%}
-- Each sale once in every dimension; summed in steps, since every step leaves a fraction of the rows.
relations as (
    select
        sales.basis,
        {{ periods }}.first_month,
        sales.enterprise_uscc,
        sales.market_code,
        sales.product_group,
        sales.market_group = 'DOMESTIC' as is_domestic,
        sum(sales.value_cny) as value_cny
    from {{ ref('int_sales__by_mill') }} as sales
    inner join {{ periods }} on sales.basis = {{ periods }}.basis and sales.month = {{ periods }}.month
    group by
        sales.basis, {{ periods }}.first_month, sales.enterprise_uscc, sales.market_code, sales.product_group,
        sales.market_group = 'DOMESTIC'
),

sales as (
    select
        basis,
        first_month,
        'mills' as dimension,
        enterprise_uscc as member,
        cast(null as text) as customer_code,
        product_group,
        is_domestic,
        sum(value_cny) as value_cny
    from relations
    group by basis, first_month, enterprise_uscc, product_group, is_domestic
    union all
    select
        basis,
        first_month,
        'markets' as dimension,
        market_code as member,
        cast(null as text) as customer_code,
        product_group,
        is_domestic,
        sum(value_cny) as value_cny
    from relations
    group by basis, first_month, market_code, product_group, is_domestic
    union all
    select
        sales.basis,
        {{ periods }}.first_month,
        'products' as dimension,
        left(sales.hs_code, 6) as member,
        cast(null as text) as customer_code,
        sales.product_group,
        sales.market_group = 'DOMESTIC' as is_domestic,
        sum(sales.value_cny) as value_cny
    from {{ ref('int_sales__by_item') }} as sales
    inner join {{ periods }} on sales.basis = {{ periods }}.basis and sales.month = {{ periods }}.month
    group by
        sales.basis, {{ periods }}.first_month, left(sales.hs_code, 6), sales.product_group,
        sales.market_group = 'DOMESTIC'
    union all
    -- Two mills may use the same code for different customers.
    select
        {{ periods }}.basis,
        {{ periods }}.first_month,
        'customers' as dimension,
        sales.enterprise_uscc as member,
        sales.customer_code,
        sales.product_group,
        sales.market_group = 'DOMESTIC' as is_domestic,
        sum(sales.value_cny) as value_cny
    from {{ ref('int_sales__by_customer') }} as sales
    inner join {{ periods }} on {{ periods }}.basis = 'order_book' and sales.month = {{ periods }}.month
    group by
        {{ periods }}.basis, {{ periods }}.first_month, sales.enterprise_uscc, sales.customer_code,
        sales.product_group, sales.market_group = 'DOMESTIC'
),

members as (
    select
        basis,
        first_month,
        dimension,
        coalesce(product_group, 'ALL') as product_group,
        case when grouping(is_domestic) = 1 then 'all' when is_domestic then 'domestic' else 'export' end
            as market_scope,
        sum(value_cny) as value_cny
    from sales
    group by
        first_month, member, customer_code, dimension, basis,
        grouping sets ((), (product_group)), grouping sets ((), (is_domestic))
),

-- Which of two equal members comes first does not change the sum of the largest.
ranked as (
    select
        *,
        row_number() over (
            partition by first_month, product_group, market_scope, dimension, basis
            order by value_cny desc
        ) as place
    from members
),

concentrated as (
    select
        basis,
        first_month,
        dimension,
        product_group,
        market_scope,
        count(*) filter (where value_cny > 0) as member_count,
        sum(value_cny) filter (where value_cny > 0) as value_cny,
        coalesce(sum(value_cny) filter (where value_cny < 0), 0) as left_out_value_cny,
        sum(value_cny * value_cny) filter (where value_cny > 0) as squares,
        sum(value_cny) filter (where value_cny > 0 and place <= 4) as largest_four_value_cny,
        max(value_cny) as largest_value_cny
    from ranked
    group by first_month, product_group, market_scope, dimension, basis
    having max(value_cny) > 0
)
{%- endmacro %}
