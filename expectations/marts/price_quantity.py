"""Volume or price: what the mart price_quantity must satisfy."""

import great_expectations as gx

from expectations.release_rules import figures_or_reasons, grain, no_row
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
                "tornqvist_lies_near_fisher",
                "托恩奎斯特指数必须在单价界限之内，并接近费雪指数",
                "the Törnqvist index must lie between the bounds of unit values, and near the Fisher index",
                """
                select * from {batch}
                where tornqvist_price_index not between 0.1 and 10
                    or abs(ln(tornqvist_price_index / fisher_price_index)) > 0.5
                """,
            ),
            no_row(
                "price_quantity_has_the_sales_of_growth",
                "本期与基期的销售额必须与增速表一致",
                "the sales of period and base must be those of growth",
                """
                select indexed.* from {batch} as indexed
                left join candidate.growth as grown
                    on grown.market_level = indexed.market_level
                    and (grown.period_type, grown.period_start, grown.basis, grown.product_group)
                        = (indexed.period_type, indexed.period_start, indexed.basis, indexed.product_group)
                    and coalesce(grown.market_group, '') = coalesce(indexed.market_group, '')
                where indexed.value_cny is distinct from grown.value_cny
                    or indexed.base_value_cny is distinct from grown.base_value_cny
                    or not matched_value_cny + trimmed_value_cny between 0 and indexed.value_cny
                """,
            ),
        ],
    )
