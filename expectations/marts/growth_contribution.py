"""Rules of the mart growth_contribution."""

import great_expectations as gx

from expectations.release_rules import comparable, figures_or_reasons, grain, low_bases_flagged, no_row
from expectations.rules import suite


def growth_contribution() -> gx.ExpectationSuite:
    """The parts of each dimension sum to the whole, and the whole is that of growth."""
    return suite(
        "growth_contribution",
        [
            grain("period_type", "period_start", "basis", "product_group", "dimension", "member"),
            figures_or_reasons(
                {
                    "contribution_pp": "contribution_reason",
                    "total_growth_pp": "contribution_reason",
                    "contribution_rank": "contribution_reason",
                    "residual_pp": "contribution_reason",
                }
            ),
            comparable(),
            low_bases_flagged("base_total_value_cny"),
            no_row(
                "contributions_leave_no_residual",
                "各维度贡献之和必须等于总增速，残差为零",
                "the contributions of a dimension must sum to the growth of the whole",
                """
                select period_type, period_start, basis, product_group, dimension from {batch}
                group by period_type, period_start, basis, product_group, dimension
                having max(abs(residual_pp)) <> 0
                    or abs(sum(contribution_pp) - max(total_growth_pp)) > 1e-9
                """,
            ),
            no_row(
                "parts_add_up_to_the_whole",
                "各部分之和必须等于全部",
                "the parts of a dimension must add up to the whole, in the period and in its base",
                """
                select period_type, period_start, basis, product_group, dimension from {batch}
                group by period_type, period_start, basis, product_group, dimension
                having sum(value_cny) <> max(total_value_cny)
                    or sum(base_value_cny) is distinct from max(base_total_value_cny)
                """,
            ),
            no_row(
                "contribution_is_change_over_base",
                "贡献必须等于变动额除以基期总额",
                "a contribution must be the change over the base of the whole, in percentage points",
                """
                select * from {batch}
                where change_cny <> value_cny - base_value_cny
                    or abs(contribution_pp * base_total_value_cny / 100 - change_cny) > 0.005
                """,
            ),
            no_row(
                "the_whole_is_that_of_growth",
                "总额与市场组贡献必须与增速表一致",
                "the whole, and the market groups' contributions, must be those of growth",
                """
                select parts.* from {batch} as parts
                left join candidate.growth as whole
                    on whole.market_level = 'all'
                    and (whole.period_type, whole.period_start, whole.basis, whole.product_group)
                        = (parts.period_type, parts.period_start, parts.basis, parts.product_group)
                left join candidate.growth as grown
                    on grown.market_level = 'group' and parts.dimension = 'market_group'
                    and grown.market_group = parts.member
                    and (grown.period_type, grown.period_start, grown.basis, grown.product_group)
                        = (parts.period_type, parts.period_start, parts.basis, parts.product_group)
                where parts.total_value_cny is distinct from whole.value_cny
                    or parts.base_total_value_cny is distinct from whole.base_value_cny
                    or parts.dimension = 'market_group'
                        and parts.contribution_pp is distinct from grown.contribution_pp
                """,
            ),
        ],
    )
