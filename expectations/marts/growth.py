"""What grew: what the mart growth must satisfy."""

import great_expectations as gx

from expectations.release_rules import figure_or_reason, grain, no_row
from expectations.rules import suite


def growth() -> gx.ExpectationSuite:
    """Growth is value against base, levels add up, and contributions sum to the growth of the whole."""
    return suite(
        "growth",
        [
            grain(
                *("period_type", "period_start", "basis", "product_group"),
                *("market_level", "market_group", "market_code"),
            ),
            no_row(
                "growth_is_value_over_base",
                "增速必须等于本期除以基期减一",
                "growth_yoy must be value_cny / base_value_cny - 1",
                "select * from {batch} where abs((1 + growth_yoy) * base_value_cny - value_cny) > 0.005",
            ),
            figure_or_reason("growth_yoy", "growth_reason"),
            figure_or_reason("contribution_pp", "contribution_reason"),
            no_row(
                "levels_add_up",
                "各市场之和、各组之和必须等于全部",
                "markets and groups must each add up to all, in the period and in its base",
                """
                select period_type, period_start, basis, product_group from {batch}
                group by period_type, period_start, basis, product_group
                having sum(value_cny) filter (where market_level = 'group')
                        is distinct from sum(value_cny) filter (where market_level = 'all')
                    or sum(value_cny) filter (where market_level = 'market')
                        is distinct from sum(value_cny) filter (where market_level = 'all')
                    or sum(base_value_cny) filter (where market_level = 'group')
                        is distinct from sum(base_value_cny) filter (where market_level = 'all')
                    or sum(base_value_cny) filter (where market_level = 'market')
                        is distinct from sum(base_value_cny) filter (where market_level = 'all')
                """,
            ),
            no_row(
                "contributions_sum_to_growth",
                "各部分贡献之和必须等于总增速",
                "the contributions of a level must sum to the growth of all, in percentage points",
                """
                select parts.* from (
                    select period_type, period_start, basis, product_group, market_level,
                        sum(contribution_pp) as contributed_pp
                    from {batch}
                    group by period_type, period_start, basis, product_group, market_level
                ) as parts
                inner join {batch} as whole
                    using (period_type, period_start, basis, product_group)
                where whole.market_level = 'all'
                    and (
                        (parts.contributed_pp is null) <> (whole.growth_yoy is null)
                        or abs(parts.contributed_pp - 100 * whole.growth_yoy) > 1e-9
                    )
                """,
            ),
        ],
    )
