{{ config(**kept_by_month()) }}

select
    basis,
    month,
    hs_code,
    product_group,
    market_group,
    market_code,
    sum(line_count) as line_count,
    sum(quantified_line_count) as quantified_line_count,
    sum(value_cny) as value_cny,
    {{ complete_sum('value_usd') }} as value_usd,
    sum(quantity) as quantity,
    sum(quantified_value_cny) as quantified_value_cny,
    cast(sum(lines_without_rate) as bigint) as lines_without_rate
from {{ ref('int_sales__monthly') }}
where {{ touched('month') }}
group by basis, month, hs_code, product_group, market_group, market_code
