with period_months as (
    select * from {{ ref('int_sales__period_months') }}
    where period_type in ('month', 'ytd', 'janfeb')
),

-- A trade relation is a mill, a product group and a market.
relations as (
    select
        period_months.basis,
        period_months.period_type,
        period_months.first_month,
        period_months.last_month,
        period_months.has_base,
        period_months.base_reason,
        sales.enterprise_uscc,
        sales.product_group,
        sales.market_code,
        sum(sales.value_cny) filter (where not period_months.is_base) as value_cny,
        sum(sales.value_cny) filter (where period_months.is_base) as base_value_cny
    from period_months
    inner join {{ ref('int_sales__by_mill') }} as sales
        on period_months.basis = sales.basis and period_months.month = sales.month
    group by
        period_months.basis, period_months.period_type, period_months.first_month, period_months.last_month,
        period_months.has_base, period_months.base_reason, sales.enterprise_uscc, sales.product_group,
        sales.market_code
),

known_mills as (
    select distinct
        basis,
        period_type,
        first_month,
        enterprise_uscc
    from relations
    where base_value_cny is not null
),

kinds as (
    select
        relations.*,
        case
            when relations.value_cny is not null and relations.base_value_cny is not null then 'continuing'
            when relations.base_value_cny is not null then 'leaving'
            when known_mills.enterprise_uscc is not null then 'entering_known'
            else 'entering_new'
        end as kind
    from relations
    left join known_mills
        on
            relations.basis = known_mills.basis
            and relations.period_type = known_mills.period_type
            and relations.first_month = known_mills.first_month
            and relations.enterprise_uscc = known_mills.enterprise_uscc
),

first_sales as (
    select
        enterprise_uscc,
        customer_code,
        min(month) as first_month
    from {{ ref('int_sales__by_customer') }}
    group by enterprise_uscc, customer_code
),

-- A customer is new in the period of its first sale of all.
new_customers as (
    select
        period_months.period_type,
        period_months.first_month,
        sales.enterprise_uscc,
        sales.customer_code,
        sales.product_group,
        sales.market_code,
        sum(sales.value_cny) as value_cny
    from {{ ref('int_sales__by_customer') }} as sales
    inner join first_sales
        on sales.enterprise_uscc = first_sales.enterprise_uscc and sales.customer_code = first_sales.customer_code
    inner join period_months
        on
            period_months.basis = 'order_book'
            and sales.month = period_months.month
            and not period_months.is_base
            and first_sales.first_month between period_months.first_month and period_months.last_month
    group by
        period_months.period_type, period_months.first_month, sales.enterprise_uscc, sales.customer_code,
        sales.product_group, sales.market_code
),

grouped_relations as (
    select
        kinds.*,
        {{ market_group_of() }} as market_group
    from kinds
    {{ join_market_membership(country_of_market('kinds.market_code'), last_day_of('kinds.last_month')) }}
),

grouped_customers as (
    select
        new_customers.*,
        {{ market_group_of() }} as market_group
    from new_customers
    inner join {{ ref('int_sales__periods') }} as periods
        on
            periods.basis = 'order_book'
            and new_customers.period_type = periods.period_type
            and new_customers.first_month = periods.first_month
    {{ join_market_membership(country_of_market('new_customers.market_code'), last_day_of('periods.last_month')) }}
),

customers as (
    select
        period_type,
        first_month,
        coalesce(product_group, 'ALL') as product_group,
        case grouping(market_group, market_code)
            when 3 then 'all'
            when 1 then 'group'
            else 'market'
        end as market_level,
        market_group,
        market_code,
        count(distinct enterprise_uscc || ' ' || customer_code) as new_customer_count,
        sum(value_cny) as new_customer_value_cny
    from grouped_customers
    group by
        period_type, first_month, grouping sets ((), (product_group)),
        grouping sets ((), (market_group), (market_group, market_code))
),

summed as (
    select
        basis,
        period_type,
        first_month,
        last_month,
        has_base,
        base_reason,
        coalesce(product_group, 'ALL') as product_group,
        case grouping(market_group, market_code)
            when 3 then 'all'
            when 1 then 'group'
            else 'market'
        end as market_level,
        market_group,
        market_code,
        coalesce(sum(value_cny), 0) as value_cny,
        case when has_base then coalesce(sum(base_value_cny), 0) end as base_value_cny,
        case when has_base then coalesce(sum(value_cny) filter (where kind = 'continuing'), 0) end
            as continuing_value_cny,
        case when has_base then coalesce(sum(base_value_cny) filter (where kind = 'continuing'), 0) end
            as continuing_base_value_cny,
        case when has_base then coalesce(sum(value_cny) filter (where kind = 'entering_known'), 0) end
            as entering_known_mill_value_cny,
        case when has_base then coalesce(sum(value_cny) filter (where kind = 'entering_new'), 0) end
            as entering_new_mill_value_cny,
        case when has_base then coalesce(sum(base_value_cny) filter (where kind = 'leaving'), 0) end
            as leaving_base_value_cny,
        case when has_base then count(*) filter (where kind = 'continuing') end as continuing_relations,
        case when has_base then count(*) filter (where kind in ('entering_known', 'entering_new')) end
            as entering_relations,
        case when has_base then count(*) filter (where kind = 'leaving') end as leaving_relations
    from grouped_relations
    group by
        basis, period_type, first_month, last_month, has_base, base_reason,
        grouping sets ((), (product_group)),
        grouping sets ((), (market_group), (market_group, market_code))
),

-- Apart from the sums: counting mills needs their rows in order, and few of them are new.
new_mills as (
    select
        basis,
        period_type,
        first_month,
        coalesce(product_group, 'ALL') as product_group,
        case grouping(market_group, market_code)
            when 3 then 'all'
            when 1 then 'group'
            else 'market'
        end as market_level,
        market_group,
        market_code,
        count(distinct enterprise_uscc) as new_mills
    from grouped_relations
    where kind = 'entering_new' and has_base
    group by
        basis, period_type, first_month, grouping sets ((), (product_group)),
        grouping sets ((), (market_group), (market_group, market_code))
)

select
    summed.period_type,
    summed.first_month as period_start,
    {{ last_day_of('summed.last_month') }} as period_end,
    summed.basis,
    summed.product_group,
    summed.market_level,
    summed.market_group,
    summed.market_code,
    summed.value_cny,
    summed.base_value_cny,
    summed.value_cny - summed.base_value_cny as change_cny,
    summed.continuing_value_cny,
    summed.continuing_base_value_cny,
    summed.entering_known_mill_value_cny,
    summed.entering_new_mill_value_cny,
    summed.leaving_base_value_cny,
    case when summed.base_reason is null then {{ contribution_pp(
        'summed.continuing_value_cny', 'summed.continuing_base_value_cny', 'summed.base_value_cny'
    ) }} end as continuing_pp,
    case when summed.base_reason is null then {{ contribution_pp(
        'summed.entering_known_mill_value_cny', '0', 'summed.base_value_cny'
    ) }} end as entering_known_mill_pp,
    case when summed.base_reason is null then {{ contribution_pp(
        'summed.entering_new_mill_value_cny', '0', 'summed.base_value_cny'
    ) }} end as entering_new_mill_pp,
    case when summed.base_reason is null then {{ contribution_pp(
        '0', 'summed.leaving_base_value_cny', 'summed.base_value_cny'
    ) }} end as leaving_pp,
    {{ growth_reason('summed.base_reason', 'summed.base_value_cny') }} as margin_reason,
    summed.continuing_relations,
    summed.entering_relations,
    summed.leaving_relations,
    case when summed.has_base then coalesce(new_mills.new_mills, 0) end as new_mills,
    case
        when summed.basis = 'order_book' and summed.base_reason is null
            then coalesce(customers.new_customer_count, 0)
    end as new_customer_count,
    case
        when summed.basis = 'order_book' and summed.base_reason is null
            then coalesce(customers.new_customer_value_cny, 0)
    end as new_customer_value_cny,
    case
        when summed.basis = 'customs' then 'no_customers'
        else summed.base_reason
    end as new_customer_reason
from summed
left join customers
    on
        summed.basis = 'order_book'
        and summed.period_type = customers.period_type
        and summed.first_month = customers.first_month
        and summed.product_group = customers.product_group
        and summed.market_level = customers.market_level
        and coalesce(summed.market_group, '') = coalesce(customers.market_group, '')
        and coalesce(summed.market_code, '') = coalesce(customers.market_code, '')
left join new_mills
    on
        summed.basis = new_mills.basis
        and summed.period_type = new_mills.period_type
        and summed.first_month = new_mills.first_month
        and summed.product_group = new_mills.product_group
        and summed.market_level = new_mills.market_level
        and coalesce(summed.market_group, '') = coalesce(new_mills.market_group, '')
        and coalesce(summed.market_code, '') = coalesce(new_mills.market_code, '')
