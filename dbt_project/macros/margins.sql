{% macro margins(periods) -%}
relations as (
    select
        {{ periods }}.basis,
        {{ periods }}.period_type,
        {{ periods }}.first_month,
        {{ periods }}.last_month,
        {{ periods }}.has_base,
        sales.enterprise_uscc,
        sales.product_group,
        sales.market_code,
        sum(sales.value_cny) filter (where not {{ periods }}.is_base) as value_cny,
        sum(sales.value_cny) filter (where {{ periods }}.is_base) as base_value_cny
    from {{ periods }}
    inner join {{ ref('int_sales__by_mill') }} as sales
        on {{ periods }}.basis = sales.basis and {{ periods }}.month = sales.month
    group by
        {{ periods }}.basis, {{ periods }}.period_type, {{ periods }}.first_month, {{ periods }}.last_month,
        {{ periods }}.has_base, sales.enterprise_uscc, sales.product_group, sales.market_code
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

-- A relation has one product group and one market: only its mill is summed away, the levels add up from here.
markets as (
    select
        basis,
        period_type,
        first_month,
        last_month,
        product_group,
        market_code,
        coalesce(sum(value_cny), 0) as value_cny,
        coalesce(sum(base_value_cny), 0) as base_value_cny,
        coalesce(sum(value_cny) filter (where kind = 'continuing'), 0) as continuing_value_cny,
        coalesce(sum(base_value_cny) filter (where kind = 'continuing'), 0) as continuing_base_value_cny,
        coalesce(sum(value_cny) filter (where kind = 'entering_known'), 0) as entering_known_mill_value_cny,
        coalesce(sum(value_cny) filter (where kind = 'entering_new'), 0) as entering_new_mill_value_cny,
        coalesce(sum(base_value_cny) filter (where kind = 'leaving'), 0) as leaving_base_value_cny,
        count(*) filter (where kind = 'continuing') as continuing_relations,
        count(*) filter (where kind in ('entering_known', 'entering_new')) as entering_relations,
        count(*) filter (where kind = 'leaving') as leaving_relations
    from kinds
    group by basis, period_type, first_month, last_month, product_group, market_code
),

grouped_markets as (
    select
        markets.*,
        {{ market_group_of() }} as market_group
    from markets
    {{ join_market_membership(country_of_market('markets.market_code'), last_day_of('markets.last_month')) }}
),

-- Apart from the sums: a mill with two relations counts once, and few mills are new.
new_relations as (
    select
        kinds.basis,
        kinds.period_type,
        kinds.first_month,
        kinds.enterprise_uscc,
        kinds.product_group,
        {{ market_group_of() }} as market_group,
        kinds.market_code
    from kinds
    {{ join_market_membership(country_of_market('kinds.market_code'), last_day_of('kinds.last_month')) }}
    where kinds.kind = 'entering_new' and kinds.has_base
),

new_mills as (
    select
        basis,
        period_type,
        first_month,
        coalesce(product_group, 'ALL') as product_group,
        {{ market_level() }} as market_level,
        market_group,
        market_code,
        count(distinct enterprise_uscc) as new_mills
    from new_relations
    group by
        basis, period_type, first_month, grouping sets ((), (product_group)),
        grouping sets ((), (market_group), (market_group, market_code))
),

levels as (
    select
        basis,
        period_type,
        first_month,
        coalesce(product_group, 'ALL') as product_group,
        {{ market_level() }} as market_level,
        market_group,
        market_code,
        sum(value_cny) as value_cny,
        sum(base_value_cny) as base_value_cny,
        sum(continuing_value_cny) as continuing_value_cny,
        sum(continuing_base_value_cny) as continuing_base_value_cny,
        sum(entering_known_mill_value_cny) as entering_known_mill_value_cny,
        sum(entering_new_mill_value_cny) as entering_new_mill_value_cny,
        sum(leaving_base_value_cny) as leaving_base_value_cny,
        cast(sum(continuing_relations) as bigint) as continuing_relations,
        cast(sum(entering_relations) as bigint) as entering_relations,
        cast(sum(leaving_relations) as bigint) as leaving_relations
    from grouped_markets
    group by
        basis, period_type, first_month, grouping sets ((), (product_group)),
        grouping sets ((), (market_group), (market_group, market_code))
),

margins as (
    select
        levels.*,
        coalesce(new_mills.new_mills, 0) as new_mills
    from levels
    left join new_mills
        on
            levels.basis = new_mills.basis
            and levels.period_type = new_mills.period_type
            and levels.first_month = new_mills.first_month
            and levels.product_group = new_mills.product_group
            and levels.market_level = new_mills.market_level
            and coalesce(levels.market_group, '') = coalesce(new_mills.market_group, '')
            and coalesce(levels.market_code, '') = coalesce(new_mills.market_code, '')
)
{%- endmacro %}
