"""What every mart must satisfy before a release shows it: trust at the second boundary.

dbt has checked shape, keys and relationships; here each mart's figures are recomputed. The marts are compared
with each other and with raw in :func:`identities`.
"""

from collections.abc import Callable

import great_expectations as gx
import great_expectations.expectations as gxe

from expectations.identities import identities
from expectations.release_rules import figure_or_reason, grain, no_row, not_empty
from expectations.rules import suite
from expectations.source_quality import source_quality, source_quality_rules

__all__ = ["dual_circulation", "enterprise_mix", "growth", "identities", "market_share", "suite_of"]


def suite_of(mart: str) -> gx.ExpectationSuite:
    """The suite of a mart in the schema ``candidate``; KeyError for a mart that has none."""
    return _SUITES[mart]()


def market_share() -> gx.ExpectationSuite:
    """Shares are fractions of their totals."""
    return suite(
        "market_share",
        [
            grain("month", "basis", "product_group", "market_level", "market_group", "market_code"),
            no_row(
                "value_not_negative",
                "销售额不能为负",
                "sales must not be negative",
                "select * from {batch} where value_cny < 0 or total_value_cny < value_cny",
            ),
            no_row(
                "month_not_in_future",
                "月份晚于今天",
                "the month has not begun yet",
                "select * from {batch} where month > current_date",
            ),
            no_row(
                "share_is_part_of_total",
                "份额必须等于销售额除以总额，且在 0 和 1 之间",
                "share must be value_cny / total_value_cny, between 0 and 1",
                """
                select * from {batch}
                where share not between 0 and 1
                    or abs(share * total_value_cny - value_cny) > 0.005
                    or (share is null) <> (total_value_cny = 0)
                """,
            ),
            figure_or_reason("share", "share_reason"),
            figure_or_reason("share_change_yoy_pp", "share_change_reason"),
        ],
    )


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


def dual_circulation() -> gx.ExpectationSuite:
    """Domestic and export sales are all sales."""
    return suite("dual_circulation", [grain("month", "product_group"), *_circulation()])


def enterprise_mix() -> gx.ExpectationSuite:
    """The mills' circulations are sound and add up to the cluster's."""
    return suite(
        "enterprise_mix",
        [
            grain("month", "enterprise_uscc"),
            *_circulation(),
            no_row(
                "mills_add_up_to_cluster",
                "各企业之和必须等于全县",
                "the mills must add up to the cluster's domestic and export sales",
                """
                select month
                from (
                    select month, sum(domestic_value_cny) as domestic, sum(export_value_cny) as export
                    from {batch}
                    group by month
                ) as mills
                full join (
                    select month, domestic_value_cny, export_value_cny from candidate.dual_circulation
                    where product_group = 'ALL'
                ) as cluster using (month)
                where mills.domestic is distinct from cluster.domestic_value_cny
                    or mills.export is distinct from cluster.export_value_cny
                """,
            ),
        ],
    )


def _circulation() -> list[gxe.Expectation]:
    """Rules of a mart with the two circulations."""
    return [
        no_row(
            "domestic_plus_export_is_total",
            "内销加外销必须等于合计",
            "domestic plus export sales must be the total",
            "select * from {batch} where domestic_value_cny + export_value_cny <> total_value_cny",
        ),
        no_row(
            "two_shares_sum_to_one",
            "内销份额与外销份额之和必须为 1",
            "domestic and export share must sum to 1 and be parts of the total",
            """
            select * from {batch}
            where abs(domestic_share + export_share - 1) > 1e-9
                or abs(domestic_share * total_value_cny - domestic_value_cny) > 0.005
            """,
        ),
        no_row(
            "balance_index_is_its_formula",
            "均衡指数必须等于 4d(1-d)",
            "balance_index must be 4d(1-d) of the domestic share",
            """
            select * from {batch}
            where abs(balance_index - 4 * domestic_share * export_share) > 1e-9
            """,
        ),
        figure_or_reason("domestic_share", "share_reason"),
        figure_or_reason("domestic_share_change_6m_pp", "change_reason"),
    ]


def _dimension(name: str, key: str) -> Callable[[], gx.ExpectationSuite]:
    return lambda: suite(name, [grain(key)])


def _code_list(name: str, key: str) -> Callable[[], gx.ExpectationSuite]:
    """A dimension made of seeds: it has rows whatever has been delivered."""
    return lambda: suite(name, [not_empty(), grain(key)])


_SUITES: dict[str, Callable[[], gx.ExpectationSuite]] = {
    "market_share": market_share,
    "growth": growth,
    "dual_circulation": dual_circulation,
    "enterprise_mix": enterprise_mix,
    "source_quality": source_quality,
    "source_quality_rules": source_quality_rules,
    "dim_enterprise": _dimension("dim_enterprise", "enterprise_uscc"),
    "dim_product": _code_list("dim_product", "product_group"),
    "dim_market": _code_list("dim_market", "market_code"),
    "dim_month": _dimension("dim_month", "month"),
}
