with cells as (
    select * from {{ ref('int_statistics__period_cells') }}
),

worlds as (
    select
        *,
        effect_reason is null as is_covered,
        value_cny - base_value_cny as change_cny,
        sum(world_value_cny) filter (where effect_reason is null) over whole as world_total,
        sum(world_base_value_cny) filter (where effect_reason is null) over whole as world_base_total,
        sum(world_value_cny) filter (where effect_reason is null) over product as world_product,
        sum(world_base_value_cny) filter (where effect_reason is null) over product as world_base_product
    from cells
    window
        whole as (partition by period_type, first_month),
        product as (partition by period_type, first_month, product_group)
),

effects as (
    select
        *,
        case
            when is_covered then {{ world_growth_effect('base_value_cny', 'world_total', 'world_base_total') }}
        end as world_growth_effect_cny,
        case
            when is_covered
                then {{ structure_effect(
                    'base_value_cny', 'world_product', 'world_base_product', 'world_total', 'world_base_total'
                ) }}
        end as commodity_effect_cny,
        case
            when is_covered
                then {{ structure_effect(
                    'base_value_cny',
                    'world_value_cny', 'world_base_value_cny', 'world_product', 'world_base_product'
                ) }}
        end as market_effect_cny,
        case
            when is_covered
                then {{ competitiveness_effect(
                    'value_cny', 'base_value_cny', 'world_value_cny', 'world_base_value_cny'
                ) }}
        end as competitiveness_effect_cny
    from worlds
),

levels as (
    select
        period_type,
        first_month,
        last_month,
        comparability_reason,
        case when grouping(product_group) = 1 then 'total' else 'cell' end as level,
        coalesce(product_group, 'ALL') as product_group,
        market_group,
        sum(value_cny) as value_cny,
        sum(base_value_cny) as base_value_cny,
        sum(change_cny) as change_cny,
        sum(base_value_cny) filter (where is_covered) as covered_base_value_cny,
        sum(world_value_cny) filter (where is_covered) as world_value_cny,
        sum(world_base_value_cny) filter (where is_covered) as world_base_value_cny,
        sum(world_growth_effect_cny) as world_growth_effect_cny,
        sum(commodity_effect_cny) as commodity_effect_cny,
        sum(market_effect_cny) as market_effect_cny,
        sum(competitiveness_effect_cny) as competitiveness_effect_cny,
        case
            when count(change_cny) > 0 then coalesce(sum(change_cny) filter (where not is_covered), 0)
        end as uncovered_change_cny,
        -- What all cells lack, the whole lacks too; a period without a base has the same reason in each.
        case when not bool_or(is_covered) then min(effect_reason) end as effect_reason
    from effects
    group by
        period_type, first_month, last_month, comparability_reason, grouping sets ((), (product_group, market_group))
),

staged as (
    {{ with_stage('levels', 'last_month') }}
)

select
    period_type,
    first_month as period_start,
    {{ last_day_of('last_month') }} as period_end,
    level,
    product_group,
    market_group,
    value_cny,
    base_value_cny,
    change_cny,
    covered_base_value_cny,
    world_value_cny,
    world_base_value_cny,
    {{ growth('world_value_cny', 'world_base_value_cny') }} as world_growth,
    world_growth_effect_cny,
    commodity_effect_cny,
    market_effect_cny,
    competitiveness_effect_cny,
    effect_reason,
    uncovered_change_cny,
    trim_scale(round(
        change_cny - uncovered_change_cny
        - coalesce(world_growth_effect_cny, 0) - coalesce(commodity_effect_cny, 0)
        - coalesce(market_effect_cny, 0) - coalesce(competitiveness_effect_cny, 0), 10
    )) as residual_cny,
    comparability_reason is null as is_comparable,
    comparability_reason,
    stage
from staged
