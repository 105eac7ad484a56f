"""Rules of the mart price_quantity."""

import great_expectations as gx

from expectations.release_rules import (
    comparable,
    decided,
    figures_or_reasons,
    grain,
    low_bases_flagged,
    no_row,
)
from expectations.rules import suite

_INDICES = (
    *("value_index", "laspeyres_price_index", "paasche_price_index", "fisher_price_index"),
    *("tornqvist_price_index", "laspeyres_quantity_index", "paasche_quantity_index", "fisher_quantity_index"),
    *("unit_value_cny", "base_unit_value_cny", "price_effect_cny", "quantity_effect_cny"),
)


def price_quantity() -> gx.ExpectationSuite:
    """Price times quantity is value, effects sum to the change, and the sales are those of growth."""
    return suite(
        "price_quantity",
        [
            grain("period_type", "period_start", "basis", "product_group", "market_level", "market_group"),
            figures_or_reasons(
                {**dict.fromkeys(_INDICES, "index_reason"), "matched_share": "matched_share_reason"}
            ),
            no_row(
                "fisher_price_times_quantity_is_value",
                "费雪价格指数乘费雪数量指数必须等于价值指数",
                "the Fisher price index times the Fisher quantity index must be the value index",
                """
                select * from {batch}
                where abs(fisher_price_index * fisher_quantity_index - value_index)
                        > 1e-12 * (1 + value_index)
                    or abs(value_index * base_matched_value_cny - matched_value_cny)
                        > 1e-12 * (1 + matched_value_cny + base_matched_value_cny)
                """,
            ),
            no_row(
                "laspeyres_times_paasche_is_value",
                "拉氏价格指数乘帕氏数量指数必须等于价值指数，反之亦然",
                "Laspeyres prices times Paasche quantities must be the value index, and the other way round",
                """
                select * from {batch}
                where abs(laspeyres_price_index * paasche_quantity_index - value_index)
                        > 1e-12 * (1 + value_index)
                    or abs(paasche_price_index * laspeyres_quantity_index - value_index)
                        > 1e-12 * (1 + value_index)
                    or abs(power(fisher_price_index, 2) - laspeyres_price_index * paasche_price_index)
                        > 1e-12 * (1 + power(fisher_price_index, 2))
                """,
            ),
            no_row(
                "price_and_quantity_effects_sum_to_change",
                "价格效应与数量效应之和必须等于变化额",
                "the price and the quantity effect must sum to the change of the matched value",
                """
                select * from {batch}
                where abs(price_effect_cny + quantity_effect_cny + base_matched_value_cny - matched_value_cny)
                    > 1e-6
                """,
            ),
            no_row(
                "indices_are_those_of_the_items",
                "各月指数必须能由逐项数量与金额重新算出",
                "the indices of a month must be those of its items within unit_value_bound",
                f"""
                with items as (
                    select basis, month, product_group, hs_code, market_code,
                        sum(quantified_value_cny) as v, sum(quantity) as q
                    from intermediate.int_sales__by_item
                    group by basis, month, product_group, hs_code, market_code
                    having sum(quantified_value_cny) > 0 and sum(quantity) > 0
                ),
                waiting as (
                    select distinct basis, product_group,
                        cast(month + make_interval(years => years) as date) as month
                    from intermediate.int_sales__by_item
                    cross join generate_series(0, 1) as years
                    where lines_without_rate > 0
                ),
                relatives as (
                    select now.basis, now.month, now.product_group, now.v as v1, base.v as v0,
                        now.v / now.q / (base.v / base.q) as relative
                    from items as now
                    inner join items as base using (basis, product_group, hs_code, market_code)
                    where base.month = cast(now.month - interval '1 year' as date)
                        and now.v * base.q <= base.v * now.q * {decided("unit_value_bound")}
                        and base.v * now.q <= now.v * base.q * {decided("unit_value_bound")}
                ),
                indexed as (
                    select basis, month, product_group,
                        sum(v0 * relative) / sum(v0) as laspeyres,
                        sum(v1) / sum(v1 / relative) as paasche,
                        exp((sum(v0 * ln(relative)) / sum(v0) + sum(v1 * ln(relative)) / sum(v1)) / 2)
                            as tornqvist
                    from relatives
                    where (basis, product_group, month) not in (select * from waiting)
                    group by basis, month, product_group
                )
                select mart.* from {{batch}} as mart
                left join indexed
                    on (indexed.basis, indexed.month, indexed.product_group)
                        = (mart.basis, mart.period_start, mart.product_group)
                where mart.period_type = 'month' and mart.market_level = 'all'
                    and not coalesce(
                        abs(mart.laspeyres_price_index - indexed.laspeyres) <= 1e-9 * indexed.laspeyres
                        and abs(mart.paasche_price_index - indexed.paasche) <= 1e-9 * indexed.paasche
                        and abs(mart.tornqvist_price_index - indexed.tornqvist) <= 1e-9 * indexed.tornqvist,
                        mart.laspeyres_price_index is null and indexed.laspeyres is null
                    )
                """,  # noqa: S608  (our own number)
            ),
            no_row(
                "price_quantity_has_the_sales_of_growth",
                "本期与基期的销售额必须与增速表一致，不得缺行",
                "the sales of period and base must be those of growth, and none may be missing",
                """
                select * from {batch} as indexed
                full join (
                    select * from candidate.growth
                    where market_level <> 'market' and period_type <> 'r12' and product_group <> 'ALL'
                ) as grown
                    on grown.market_level = indexed.market_level
                    and (grown.period_type, grown.period_start, grown.basis, grown.product_group)
                        = (indexed.period_type, indexed.period_start, indexed.basis, indexed.product_group)
                    and coalesce(grown.market_group, '') = coalesce(indexed.market_group, '')
                where coalesce(indexed.value_cny, 0) <> coalesce(grown.value_cny, 0)
                    or coalesce(indexed.base_value_cny, 0) <> coalesce(grown.base_value_cny, 0)
                    or not indexed.matched_value_cny + indexed.trimmed_value_cny
                        between 0 and indexed.value_cny
                """,
            ),
            comparable(),
            low_bases_flagged("base_value_cny"),
        ],
    )
