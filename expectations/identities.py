"""Identities between the marts, and between the marts and raw, recomputed independently of the models."""

import datetime as dt
from collections.abc import Sequence

import great_expectations as gx

from expectations import totals
from expectations.release_rules import no_row
from expectations.rules import suite

Months = Sequence[dt.date] | None

_MARKETS_AGAINST_GROWTH = """
    select month, basis, product_group, market_group, market_code,
        sum(shared) as market_share_value, sum(grown) as growth_value
    from (
        select month, basis, product_group, market_group, market_code, value_cny as shared, 0 as grown
        from {batch}
        where market_level = 'market'
        union all
        select period_start, basis, product_group, market_group, market_code, 0, value_cny
        from candidate.growth
        where period_type = 'month' and market_level = 'market'
    ) as markets
    group by month, basis, product_group, market_group, market_code
    having sum(shared) is distinct from sum(grown)
"""


def _totals(unproven: Months) -> list[gx.expectations.Expectation]:
    """Compare marts with raw, or, for months without changes, with the newest release."""
    rules = [
        no_row(
            "totals_equal_raw",
            "汇总必须与原始数据分文不差，行数也必须一致",
            "the totals must equal the accepted rows of raw to the cent, and their number",
            totals.differing_from_raw("{batch}", totals.only(unproven)),
        )
    ]
    if unproven is not None:
        rules += [
            no_row(
                "untouched_months_equal_release",
                "未受新数据影响的月份必须与上一版发布的汇总一致",
                "months that no load changed must have the totals of the newest release",
                totals.differing_from_release("{batch}", totals.all_but(unproven)),
            ),
            no_row(
                "loads_account_for_every_change",
                "每个单元格相对上一版的变动必须等于各批数据带来的变动之和",
                "each cell must differ from the newest release by the sum of the loads' changes",
                totals.unaccounted_for("{batch}"),
            ),
        ]
    return rules


def identities(unproven: Months = None) -> gx.ExpectationSuite:
    """Identities between the marts, and between marts and raw; validated on ``market_share``.

    ``unproven``: the months that may differ from the newest release; None: every month.
    """
    return suite(
        "identities",
        [
            no_row(
                "shares_sum_to_one",
                "同一总体的份额之和必须为 1",
                "the shares of one parent must sum to 1 within 1e-9",
                """
                select month, basis, product_group, market_level from {batch}
                group by month, basis, product_group, market_level
                having abs(sum(share) - 1) > 1e-9
                """,
            ),
            no_row(
                "groups_equal_their_markets",
                "市场组必须等于其各市场之和",
                "a market group must be the sum of its markets",
                """
                select month, basis, product_group, market_group from {batch}
                group by month, basis, product_group, market_group
                -- A group with sales only to its members of today has a row with 0.
                having coalesce(sum(value_cny) filter (where market_level = 'group'), -1)
                    <> coalesce(sum(value_cny) filter (where market_level = 'market'), 0)
                """,
            ),
            no_row(
                "products_add_up_to_all",
                "各产品之和必须等于全部产品",
                "the product groups must add up to ALL",
                """
                select month, basis, market_level, market_group, market_code from {batch}
                group by month, basis, market_level, market_group, market_code
                having sum(value_cny) filter (where product_group = 'ALL')
                    is distinct from sum(value_cny) filter (where product_group <> 'ALL')
                """,
            ),
            *_totals(unproven),
            no_row(
                "domestic_and_export_are_all",
                "内销加外销必须等于全部",
                "domestic plus export sales must be the order book's total",
                """
                select circulation.month, circulation.product_group
                from (
                    select month, product_group, sum(value_cny) as total,
                        coalesce(sum(value_cny) filter (where market_group = 'DOMESTIC'), 0) as domestic
                    from {batch}
                    where basis = 'order_book' and market_level = 'group'
                    group by month, product_group
                ) as shares
                full join candidate.dual_circulation as circulation using (month, product_group)
                -- A product with sales only in earlier months has a row with 0 in market_share.
                where coalesce(circulation.domestic_value_cny + circulation.export_value_cny, 0)
                        <> coalesce(shares.total, 0)
                    or coalesce(circulation.domestic_value_cny, 0) <> coalesce(shares.domestic, 0)
                """,
            ),
            no_row(
                "growth_has_the_same_totals",
                "增速表与份额表的总额必须一致",
                "the months of growth must have the totals of market_share",
                """
                select month, basis, product_group
                from (
                    select distinct month, basis, product_group, total_value_cny as total from {batch}
                ) as shares
                full join (
                    select period_start as month, basis, product_group, value_cny from candidate.growth
                    where period_type = 'month' and market_level = 'all'
                ) as months using (month, basis, product_group)
                -- A product with sales only in earlier months has a row with 0, in growth after a year.
                where coalesce(shares.total, 0) <> coalesce(months.value_cny, 0)
                """,
            ),
            no_row(
                "growth_has_the_same_markets",
                "增速表与份额表中各市场的销售额及所属组必须一致",
                "the months of growth must have the markets of market_share, in the same groups",
                _MARKETS_AGAINST_GROWTH,
            ),
        ],
    )
