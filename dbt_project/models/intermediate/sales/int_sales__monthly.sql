{{ config(**kept_by_month()) }}
{#- The planner does not know how the columns go together and would sort all lines for what hashing does. -#}
{{ config(pre_hook='set local enable_sort = off') }}

with sales as (
    select
        'order_book' as basis,
        sold_on,
        month,
        enterprise_uscc,
        customer_code,
        hs_code,
        product_group,
        market_group,
        market_code,
        currency,
        incoterm,
        is_processing,
        value_cny,
        value_usd,
        quantity
    from {{ ref('int_orders__sales') }}
    where {{ touched('sold_on') }}
    union all
    select
        'customs' as basis,
        sold_on,
        month,
        enterprise_uscc,
        customer_code,
        hs_code,
        product_group,
        market_group,
        market_code,
        currency,
        -- Declarations are valued free on board, whatever was agreed.
        'FOB' as incoterm,
        is_processing,
        value_cny,
        value_usd,
        quantity
    from {{ ref('int_customs__exports') }}
    where {{ touched('sold_on') }}
)

select
    basis,
    month,
    enterprise_uscc,
    customer_code,
    hs_code,
    product_group,
    market_group,
    market_code,
    currency,
    is_processing,
    count(*) as line_count,
    count(quantity) as quantified_line_count,
    -- What is known of it; how many lines it lacks stands beside.
    coalesce(sum(value_cny), 0) as value_cny,
    {{ complete_sum('value_usd') }} as value_usd,
    coalesce(sum(value_cny) filter (where incoterm <> 'FOB'), 0) as not_fob_value_cny,
    sum(quantity) as quantity,
    coalesce(sum(value_cny) filter (where quantity is not null), 0) as quantified_value_cny,
    count(*) - count(value_cny) as lines_without_rate,
    max(sold_on) as last_date
from sales
group by
    basis, month, enterprise_uscc, customer_code, hs_code, product_group, market_group, market_code, currency,
    is_processing
