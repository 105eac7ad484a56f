"""Old exporters or new ones: what the mart margins must satisfy."""

import great_expectations as gx

from expectations.release_rules import figures_or_reasons, grain, no_row
from expectations.rules import suite


def margins() -> gx.ExpectationSuite:
    """The margins sum to the change, which is that of growth."""
    return suite(
        "margins",
        [
            grain(
                *("period_type", "period_start", "basis", "product_group"),
                *("market_level", "market_group", "market_code"),
            ),
            figures_or_reasons(
                {
                    "continuing_pp": "margin_reason",
                    "entering_known_mill_pp": "margin_reason",
                    "entering_new_mill_pp": "margin_reason",
                    "leaving_pp": "margin_reason",
                    "new_customer_count": "new_customer_reason",
                    "new_customer_value_cny": "new_customer_reason",
                }
            ),
            no_row(
                "margins_sum_to_change",
                "延续、进入与退出之和必须等于变化额与增速",
                "continuing, entering and leaving relations must sum to the change, in yuan and in points",
                """
                select * from {batch}
                where continuing_value_cny - continuing_base_value_cny + entering_known_mill_value_cny
                        + entering_new_mill_value_cny - leaving_base_value_cny <> change_cny
                    or change_cny is distinct from value_cny - base_value_cny
                    or continuing_base_value_cny + leaving_base_value_cny is distinct from base_value_cny
                    or abs(
                        continuing_pp + entering_known_mill_pp + entering_new_mill_pp + leaving_pp
                        - 100 * change_cny / nullif(base_value_cny, 0)
                    ) > 1e-9 * (1 + abs(100 * change_cny / nullif(base_value_cny, 0)))
                """,
            ),
            no_row(
                "margins_are_those_of_growth",
                "本期与基期的销售额必须与增速表一致",
                "the sales of period and base must be those of growth",
                """
                select split.* from {batch} as split
                left join candidate.growth as grown
                    on grown.market_level = split.market_level
                    and (grown.period_type, grown.period_start, grown.basis, grown.product_group)
                        = (split.period_type, split.period_start, split.basis, split.product_group)
                    and coalesce(grown.market_group, '') = coalesce(split.market_group, '')
                    and coalesce(grown.market_code, '') = coalesce(split.market_code, '')
                where split.value_cny is distinct from grown.value_cny
                    or split.base_value_cny is distinct from grown.base_value_cny
                """,
            ),
            no_row(
                "relations_fit_their_values",
                "没有关系就没有金额，新客户的金额不得超过全部",
                "without relations there is no value, and new customers buy no more than all",
                """
                select * from {batch}
                where entering_relations = 0
                        and entering_known_mill_value_cny + entering_new_mill_value_cny <> 0
                    or leaving_relations = 0 and leaving_base_value_cny <> 0
                    or continuing_relations = 0 and continuing_value_cny <> 0
                    or new_mills = 0 and entering_new_mill_value_cny <> 0
                    or new_customer_count = 0 and new_customer_value_cny <> 0
                    or new_customer_value_cny > greatest(value_cny, 0)
                """,
            ),
        ],
    )
