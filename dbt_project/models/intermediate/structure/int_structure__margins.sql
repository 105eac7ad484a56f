{#- A month's margins change with its own sales and with those of its base. -#}
{{ config(**kept_by_month(months_back=[0, 12])) }}

with months as (
    select * from {{ ref('int_sales__period_months') }}
    where
        period_type = 'month'
        and {{ touched('first_month', months_back=[0, 12]) }}
),

{{ margins('months') }}

select
    basis,
    first_month as month,
    product_group,
    market_level,
    market_group,
    market_code,
    value_cny,
    base_value_cny,
    continuing_value_cny,
    continuing_base_value_cny,
    entering_known_mill_value_cny,
    entering_new_mill_value_cny,
    leaving_base_value_cny,
    continuing_relations,
    entering_relations,
    leaving_relations,
    new_mills
from margins
