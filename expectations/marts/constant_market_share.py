"""Rules of the mart constant_market_share."""

import great_expectations as gx

from expectations.release_rules import comparable, grain, no_row
from expectations.rules import suite

# Sums of the covered cells, per product and in total; 15 decimals are exact enough for yuan.
_EFFECTS_AGAINST_FORMULAS = """
    with cells as (
        select period_type, period_start, product_group, covered_base_value_cny as base, value_cny,
            world_value_cny as world, world_base_value_cny as world_base, world_growth,
            world_growth_effect_cny, commodity_effect_cny, market_effect_cny, competitiveness_effect_cny
        from {batch}
        where level = 'cell' and effect_reason is null
    ),

    products as (
        select period_type, period_start, product_group, sum(base) as base, sum(world) as world,
            sum(world_base) as world_base, sum(commodity_effect_cny) as commodity,
            sum(market_effect_cny) as market,
            sum(round(base * world, 15) / world_base) as grown
        from cells
        group by 1, 2, 3
    ),

    totals as (
        select period_type, period_start, sum(base) as base, sum(world) as world,
            sum(world_base) as world_base
        from products
        group by 1, 2
    )

    select period_type, period_start, product_group
    from products
    inner join totals using (period_type, period_start)
    where abs(products.commodity - (round(products.base * products.world, 15) / products.world_base
            - round(products.base * totals.world, 15) / totals.world_base)) > 1e-6
        or abs(products.market - (products.grown
            - round(products.base * products.world, 15) / products.world_base)) > 1e-6
    union all
    select period_type, period_start, product_group from cells
    where abs(world_growth * world_base - (world - world_base)) > 0.005
        or abs(competitiveness_effect_cny - (value_cny - round(base * world, 15) / world_base)) > 1e-6
    union all
    select period_type, period_start, 'ALL'
    from {batch} as mart
    full join totals using (period_type, period_start)
    where (mart.level = 'total' or mart.level is null)
        and (
            mart.world_value_cny is distinct from totals.world
            or mart.world_base_value_cny is distinct from totals.world_base
            or abs(mart.world_growth_effect_cny
                - totals.base * (totals.world - totals.world_base) / totals.world_base) > 1e-6
        )
"""

# Market groups are those of the period's last day. Only months are recomputed: years are sums of the same
# rows.
_WORLD_AGAINST_STATISTICS = """
    with periods as (
        select distinct period_start, period_end from {batch} where period_type = 'month'
    ),

    counted as (
        select periods.period_start, s.product_group, coalesce(m.market_group, 'OTHER') as market_group,
            sum(s.value_cny) filter (where s.month = periods.period_start) as world,
            sum(s.value_cny) filter (where s.month < periods.period_start) as world_base
        from periods
        cross join lateral (
            values (period_start), ((period_start - interval '1 year')::date)
        ) as of (month)
        inner join intermediate.int_statistics__exports as s on s.month = of.month
        left join reference.market_group_members as m
            on m.country_code = s.market_code
            and periods.period_end between m.valid_from and coalesce(m.valid_to - 1, 'infinity')
        where s.denominator = 'china' and s.market_code <> 'ALL'
        group by 1, 2, 3
    )

    select period_start, product_group, market_group
    from {batch} as mart
    left join counted using (period_start, product_group, market_group)
    where mart.level = 'cell' and mart.period_type = 'month' and mart.effect_reason is null
        and (
            mart.world_value_cny is distinct from coalesce(counted.world, 0)
            or mart.world_base_value_cny is distinct from counted.world_base
        )
"""


def constant_market_share() -> gx.ExpectationSuite:
    """The effects sum to the change, follow their formulas, and explain the change in growth."""
    return suite(
        "constant_market_share",
        [
            grain("period_type", "period_start", "level", "product_group", "market_group"),
            comparable("'customs'"),
            no_row(
                "effects_or_reason",
                "各效应必须同时有值，为空时必须给出原因",
                "the effects are missing, all of them, exactly when effect_reason says why",
                """
                select * from {batch}
                where num_nulls(
                    world_growth, world_growth_effect_cny, commodity_effect_cny, market_effect_cny,
                    competitiveness_effect_cny
                ) <> case when effect_reason is null then 0 else 5 end
                """,
            ),
            no_row(
                "constant_market_share_effects_sum_to_change",
                "四种效应与统计未覆盖部分之和必须等于出口变化",
                "the four effects and the uncovered change must sum to the change of exports",
                """
                select * from {batch}
                where change_cny is distinct from value_cny - base_value_cny
                    or abs(
                        coalesce(world_growth_effect_cny, 0) + coalesce(commodity_effect_cny, 0)
                        + coalesce(market_effect_cny, 0) + coalesce(competitiveness_effect_cny, 0)
                        + uncovered_change_cny - change_cny
                    ) > 1e-6
                    or residual_cny <> 0
                    or num_nulls(change_cny, uncovered_change_cny, residual_cny) not in (0, 3)
                """,
            ),
            no_row(
                "constant_market_share_cells_sum_to_total",
                "各单元之和必须等于合计",
                "the cells must sum to the total, in every column",
                """
                select period_type, period_start
                from (
                    select period_type, period_start, level, columns.name, sum(columns.figure) as figure
                    from {batch}
                    cross join lateral (values
                        ('value', value_cny), ('base', base_value_cny), ('covered', covered_base_value_cny),
                        ('world', world_value_cny), ('world_base', world_base_value_cny),
                        ('r', world_growth_effect_cny), ('i', commodity_effect_cny),
                        ('ij', market_effect_cny),
                        ('mills', competitiveness_effect_cny), ('uncovered', uncovered_change_cny)
                    ) as columns (name, figure)
                    group by period_type, period_start, level, columns.name
                ) as sums
                group by period_type, period_start, name
                having sum(figure) filter (where level = 'total')
                    is distinct from sum(figure) filter (where level = 'cell')
                """,
            ),
            no_row(
                "constant_market_share_effects_are_their_formulas",
                "各效应必须等于其公式",
                "each effect must be its formula, recomputed by product and in total",
                _EFFECTS_AGAINST_FORMULAS,
            ),
            no_row(
                "constant_market_share_explains_growth",
                "出口变化必须与增速表的出口变化分文不差",
                "the exports of period and base must equal those of growth to the cent",
                """
                select period_type, period_start, product_group, market_group
                from (
                    select period_type, period_start, product_group, market_group, value_cny, base_value_cny
                    from {batch}
                    where level = 'cell'
                ) as mart
                full join (
                    select period_type, period_start, product_group, market_group, value_cny, base_value_cny
                    from candidate.growth
                    where basis = 'customs' and market_level = 'group' and market_group <> 'DOMESTIC'
                        and product_group <> 'ALL' and period_type in ('month', 'ytd')
                ) as grown using (period_type, period_start, product_group, market_group)
                where coalesce(mart.value_cny, 0) <> coalesce(grown.value_cny, 0)
                    or coalesce(mart.base_value_cny, 0) <> coalesce(grown.base_value_cny, 0)
                """,
            ),
            no_row(
                "constant_market_share_world_equals_statistics",
                "全国出口必须与海关统计一致",
                "the world's exports of a month must be those of the customs statistics",
                _WORLD_AGAINST_STATISTICS,
            ),
        ],
    )
