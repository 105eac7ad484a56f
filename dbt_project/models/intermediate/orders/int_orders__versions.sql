with order_lines as (
    select * from {{ ref('stg_enterprise_orders__versions') }}
    where status <> 'cancelled'
),

products as (
    select * from {{ ref('int_products__hs_codes') }}
),

product_groups as (
    select * from {{ ref('product_groups') }}
),

units as (
    select * from {{ ref('units') }}
),

lines as (
    select
        order_lines.is_current,
        order_lines.superseded_by,
        order_lines.load_id,
        order_lines.file_line,
        order_lines.enterprise_uscc,
        order_lines.order_no,
        order_lines.line_no,
        order_lines.customer_code,
        order_lines.order_date as sold_on,
        {{ month_of('order_lines.order_date') }} as month,
        order_lines.hs_code,
        products.product_group,
        product_groups.quantity_unit,
        {{ market_group_of() }} as market_group,
        -- Only a province of China is a market: a province beside another country is left aside.
        case
            when order_lines.country_code = 'CHN' then coalesce(order_lines.province_code, 'CHN')
            else order_lines.country_code
        end as market_code,
        order_lines.currency,
        order_lines.incoterm,
        false as is_processing,
        {{ in_cny('order_lines.amount', 'order_lines.currency', 'rates.cny_per_unit') }} as value_cny,
        {{ in_usd(
            'order_lines.amount', 'order_lines.currency', 'rates.cny_per_unit', 'usd_rates.cny_per_unit'
        ) }} as value_usd,
        {{ quantity_m(
            'order_lines.quantity', 'units', 'order_lines.fabric_width_cm', 'order_lines.fabric_gsm'
        ) }} as quantity_m,
        {{ quantity_m2(
            'order_lines.quantity', 'units', 'order_lines.fabric_width_cm', 'order_lines.fabric_gsm'
        ) }} as quantity_m2,
        {{ quantity_kg(
            'order_lines.quantity', 'units', 'order_lines.fabric_width_cm', 'order_lines.fabric_gsm'
        ) }} as quantity_kg,
        {{ quantity_piece('order_lines.quantity', 'units') }} as quantity_piece
    from order_lines
    left join products on order_lines.hs_code = products.hs_code
    left join product_groups on products.product_group = product_groups.product_group
    left join units on order_lines.unit_code = units.unit_code
    -- Twice the table, no common expression: of what is read twice PostgreSQL makes no parallel plan.
    left join {{ ref('int_money__exchange_rates') }} as rates
        on
            {{ month_of('order_lines.order_date') }} = rates.month
            and order_lines.currency = rates.currency
    left join {{ ref('int_money__exchange_rates') }} as usd_rates
        on
            {{ month_of('order_lines.order_date') }} = usd_rates.month
            and usd_rates.currency = 'USD'
    {{ join_market_membership('order_lines.country_code', last_day_of(month_of('order_lines.order_date'))) }}
)

select
    is_current,
    superseded_by,
    load_id,
    file_line,
    enterprise_uscc,
    order_no,
    line_no,
    customer_code,
    sold_on,
    month,
    hs_code,
    product_group,
    market_group,
    market_code,
    currency,
    incoterm,
    is_processing,
    value_cny,
    value_usd,
    quantity_m,
    quantity_m2,
    quantity_kg,
    quantity_piece,
    {{ quantity_in('quantity_unit') }} as quantity
from lines
