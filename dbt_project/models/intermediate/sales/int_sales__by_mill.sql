{{ config(**kept_by_month()) }}

select
    basis,
    month,
    enterprise_uscc,
    product_group,
    market_group,
    market_code,
    sum(value_cny) as value_cny,
    {{ complete_sum('value_usd') }} as value_usd,
    coalesce(sum(value_cny) filter (where is_processing), 0) as processing_value_cny,
    sum(quantity) as quantity,
    sum(quantified_value_cny) as quantified_value_cny,
    cast(sum(lines_without_rate) as bigint) as lines_without_rate
from {{ ref('int_sales__monthly') }}
where {{ touched('month') }}
group by basis, month, enterprise_uscc, product_group, market_group, market_code
