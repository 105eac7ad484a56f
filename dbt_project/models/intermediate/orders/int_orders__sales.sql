with order_lines as (
    select * from {{ ref('stg_enterprise_orders__order_lines') }}
    where status <> 'cancelled'
),

products as (
    select * from {{ ref('int_products__hs_codes') }}
),

exchange_rates as (
    select
        month,
        currency,
        cny_per_unit
    from {{ ref('exchange_rates') }}
    where currency <> 'CNY'
),

sales as (
    select
        order_lines.enterprise_uscc,
        order_lines.order_no,
        order_lines.line_no,
        order_lines.order_date,
        {{ month_of('order_lines.order_date') }} as month,
        products.product_group,
        {{ market_group_of() }} as market_group,
        -- Only a province of China is a market: a province beside another country is left aside.
        case
            when order_lines.country_code = 'CHN' then coalesce(order_lines.province_code, 'CHN')
            else order_lines.country_code
        end as market_code,
        case
            when order_lines.currency = 'CNY' then order_lines.amount
            else round(order_lines.amount * exchange_rates.cny_per_unit, 2)
        end as value_cny
    from order_lines
    left join products on order_lines.hs_code = products.hs_code
    left join exchange_rates
        on
            {{ month_of('order_lines.order_date') }} = exchange_rates.month
            and order_lines.currency = exchange_rates.currency
    {{ join_market_membership('order_lines.country_code', 'order_lines.order_date') }}
)

select * from sales
