{{ config(**kept_by_month()) }}

with months as (
    select
        basis,
        month,
        month as first_month
    from {{ ref('int_sales__months') }}
    where {{ touched('month') }}
),

{{ concentration('months') }}

select
    basis,
    first_month as month,
    dimension,
    product_group,
    market_scope,
    member_count,
    value_cny,
    left_out_value_cny,
    squares,
    largest_four_value_cny,
    largest_value_cny
from concentrated
