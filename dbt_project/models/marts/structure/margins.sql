with periods as (
    select * from {{ ref('int_sales__periods') }}
    where period_type in ('month', 'ytd', 'janfeb')
),

longer_periods as (
    select * from {{ ref('int_sales__period_months') }}
    where period_type in ('ytd', 'janfeb')
),

{{ margins('longer_periods') }},

figures as (
    select * from margins
    union all
    select
        basis,
        'month' as period_type,
        month as first_month,
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
    from {{ ref('int_structure__margins') }}
),

first_sales as (
    select
        enterprise_uscc,
        customer_code,
        min(month) as month
    from {{ ref('int_sales__by_customer') }}
    group by enterprise_uscc, customer_code
),

first_reports as (
    select
        enterprise_uscc,
        min(month) as month
    from first_sales
    group by enterprise_uscc
),

-- A customer is new in the period of its first sale of all. Of a mill that has not reported for a year everybody
-- would be.
new_customers as (
    select
        period_months.period_type,
        period_months.first_month,
        period_months.last_month,
        sales.enterprise_uscc,
        sales.customer_code,
        sales.product_group,
        sales.market_code,
        sum(sales.value_cny) as value_cny
    from {{ ref('int_sales__by_customer') }} as sales
    inner join first_sales
        on sales.enterprise_uscc = first_sales.enterprise_uscc and sales.customer_code = first_sales.customer_code
    inner join first_reports on sales.enterprise_uscc = first_reports.enterprise_uscc
    inner join {{ ref('int_sales__period_months') }} as period_months
        on
            sales.month = period_months.month
            and first_sales.month between period_months.first_month and period_months.last_month
            and {{ month_plus('period_months.first_month', -12) }} >= first_reports.month
    where
        period_months.basis = 'order_book'
        and period_months.period_type in ('month', 'ytd', 'janfeb')
        and not period_months.is_base
        and period_months.base_reason is null
    group by
        period_months.period_type, period_months.first_month, period_months.last_month, sales.enterprise_uscc,
        sales.customer_code, sales.product_group, sales.market_code
),

grouped_customers as (
    select
        new_customers.*,
        {{ market_group_of() }} as market_group
    from new_customers
    {{ join_market_membership(
        country_of_market('new_customers.market_code'), last_day_of('new_customers.last_month')
    ) }}
),

customers as (
    select
        period_type,
        first_month,
        coalesce(product_group, 'ALL') as product_group,
        {{ market_level() }} as market_level,
        market_group,
        market_code,
        count(distinct enterprise_uscc || ' ' || customer_code) as new_customer_count,
        sum(value_cny) as new_customer_value_cny
    from grouped_customers
    group by
        period_type, first_month, grouping sets ((), (product_group)),
        grouping sets ((), (market_group), (market_group, market_code))
),

-- Without a base nothing is known but the sales themselves.
judged as (
    select
        figures.basis,
        figures.period_type,
        figures.first_month,
        periods.last_month,
        figures.product_group,
        figures.market_level,
        figures.market_group,
        figures.market_code,
        figures.value_cny,
        case when periods.has_base then figures.base_value_cny end as base_value_cny,
        case when periods.has_base then figures.continuing_value_cny end as continuing_value_cny,
        case when periods.has_base then figures.continuing_base_value_cny end as continuing_base_value_cny,
        case when periods.has_base then figures.entering_known_mill_value_cny end as entering_known_mill_value_cny,
        case when periods.has_base then figures.entering_new_mill_value_cny end as entering_new_mill_value_cny,
        case when periods.has_base then figures.leaving_base_value_cny end as leaving_base_value_cny,
        case when periods.has_base then figures.continuing_relations end as continuing_relations,
        case when periods.has_base then figures.entering_relations end as entering_relations,
        case when periods.has_base then figures.leaving_relations end as leaving_relations,
        case when periods.has_base then figures.new_mills end as new_mills,
        case
            when periods.base_reason is not null then periods.base_reason
            when not {{ valued('missing.lines_without_rate', 'missing.base_lines_without_rate') }}
                then 'no_exchange_rate'
        end as base_reason,
        periods.comparability_reason,
        case when figures.basis = 'customs' then 'no_customers' else periods.base_reason end as customer_reason,
        coalesce(missing.lines_without_rate, 0) as lines_without_rate,
        case when periods.has_base then coalesce(missing.base_lines_without_rate, 0) end as base_lines_without_rate
    from figures
    inner join periods
        on
            figures.basis = periods.basis
            and figures.period_type = periods.period_type
            and figures.first_month = periods.first_month
    {{ join_missing_rates(
        'figures', 'figures.period_type', 'figures.market_level',
        "coalesce(figures.market_code, figures.market_group, 'all')"
    ) }}
),

staged as (
    {{ with_stage('judged', 'last_month') }}
)

select
    judged.period_type,
    judged.first_month as period_start,
    {{ last_day_of('judged.last_month') }} as period_end,
    judged.basis,
    judged.product_group,
    judged.market_level,
    judged.market_group,
    judged.market_code,
    judged.value_cny,
    judged.base_value_cny,
    judged.value_cny - judged.base_value_cny as change_cny,
    judged.continuing_value_cny,
    judged.continuing_base_value_cny,
    judged.entering_known_mill_value_cny,
    judged.entering_new_mill_value_cny,
    judged.leaving_base_value_cny,
    case when judged.base_reason is null then {{ contribution_pp(
        'judged.continuing_value_cny', 'judged.continuing_base_value_cny', 'judged.base_value_cny'
    ) }} end as continuing_pp,
    case when judged.base_reason is null then {{ contribution_pp(
        'judged.entering_known_mill_value_cny', '0', 'judged.base_value_cny'
    ) }} end as entering_known_mill_pp,
    case when judged.base_reason is null then {{ contribution_pp(
        'judged.entering_new_mill_value_cny', '0', 'judged.base_value_cny'
    ) }} end as entering_new_mill_pp,
    case when judged.base_reason is null then {{ contribution_pp(
        '0', 'judged.leaving_base_value_cny', 'judged.base_value_cny'
    ) }} end as leaving_pp,
    {{ growth_reason('judged.base_reason', 'judged.base_value_cny') }} as margin_reason,
    judged.continuing_relations,
    judged.entering_relations,
    judged.leaving_relations,
    judged.new_mills,
    case when judged.customer_reason is null then coalesce(customers.new_customer_count, 0) end
        as new_customer_count,
    case when judged.customer_reason is null then coalesce(customers.new_customer_value_cny, 0) end
        as new_customer_value_cny,
    judged.customer_reason as new_customer_reason,
    judged.comparability_reason is null as is_comparable,
    judged.comparability_reason,
    coalesce(judged.base_value_cny < {{ var('low_base_cny') }}, false) as is_low_base,
    judged.stage,
    judged.lines_without_rate,
    judged.base_lines_without_rate
from staged as judged
left join customers
    on
        judged.basis = 'order_book'
        and judged.period_type = customers.period_type
        and judged.first_month = customers.first_month
        and judged.product_group = customers.product_group
        and judged.market_level = customers.market_level
        and coalesce(judged.market_group, '') = coalesce(customers.market_group, '')
        and coalesce(judged.market_code, '') = coalesce(customers.market_code, '')
