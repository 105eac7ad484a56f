{#-
  Domestic and export sales of the order book with their shares, per month and `key` (a column of `sales`).
  `sales` names a CTE with month, key, market_group, value_cny.
-#}
{% macro dual_circulation(sales, key) -%}
order_months as (
    select month from {{ ref('int_sales__months') }}
    where basis = 'order_book'
),

sides as (
    select
        month,
        {{ key }},
        coalesce(sum(value_cny) filter (where market_group = 'DOMESTIC'), 0) as domestic_value_cny,
        coalesce(sum(value_cny) filter (where market_group <> 'DOMESTIC'), 0) as export_value_cny,
        sum(value_cny) as total_value_cny
    from {{ sales }}
    group by month, {{ key }}
),

shares as (
    select
        *,
        {{ share('domestic_value_cny', 'total_value_cny') }} as domestic_share,
        {{ share('export_value_cny', 'total_value_cny') }} as export_share
    from sides
),

compared as (
    select
        shares.month,
        shares.{{ key }},
        shares.domestic_value_cny,
        shares.export_value_cny,
        shares.total_value_cny,
        shares.domestic_share,
        shares.export_share,
        {{ balance_index('shares.domestic_share') }} as balance_index,
        case when shares.domestic_share is null then 'zero_denominator' end as share_reason,
        base.domestic_value_cny as domestic_value_6m_before_cny,
        base.total_value_cny as total_value_6m_before_cny,
        {{ share_change_pp('shares.domestic_share', 'base.domestic_share') }} as domestic_share_change_6m_pp,
        case
            when order_months.month is null then 'no_base_period'
            when shares.domestic_share is null or base.domestic_share is null then 'zero_denominator'
        end as change_reason
    from shares
    left join order_months on {{ month_plus('shares.month', -6) }} = order_months.month
    left join shares as base
        on
            {{ month_plus('shares.month', -6) }} = base.month
            and shares.{{ key }} = base.{{ key }}
)
{%- endmacro %}
