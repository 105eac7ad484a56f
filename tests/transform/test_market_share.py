"""Market shares from raw lines: the figures, the rules broken, and the formulas against plain decimals."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transform.formulas import evaluate
from tests.transform.spoiling import failing_rules, spoiled

OF_VIETNAM = "month = '2019-10-01' and product_group = 'denim' and market_code = 'VNM'"
DEFECTS = {
    "dollar_share_off": (
        "market_share",
        f"update candidate.market_share set share_usd = share_usd + 0.001 where {OF_VIETNAM}",
        {"other_shares_are_parts_of_their_totals"},
    ),
    "quantity_lost": (
        "market_share",
        f"update candidate.market_share set total_quantity = total_quantity + 1 where {OF_VIETNAM}",
        {"other_shares_are_parts_of_their_totals", "totals_are_sums_of_their_cells"},
    ),
    "rank_off": (
        "market_share",
        f"update candidate.market_share set value_rank = 2 where {OF_VIETNAM}",
        {"ranks_follow_values"},
    ),
    "change_off": (
        "market_share",
        f"update candidate.market_share set share_change_yoy_pp = 19 where {OF_VIETNAM}",
        {"share_changes_are_differences", "share_changes_sum_to_zero"},
    ),
    "quantity_of_a_part": (
        "market_share",
        "update candidate.market_share set share_quantity = 1, share_quantity_reason = null"
        " where month = '2015-06-01' and product_group = 'denim'",
        {"a_quantity_speaks_for_its_value"},
    ),
    "running_month": (
        "market_share",
        f"update candidate.market_share set is_finished = false where {OF_VIETNAM}",
        {"finished_as_growth_says"},
    ),
    "another_base": (
        "market_share",
        "update candidate.market_share set base_value_cny = 300, share_change_yoy_pp = 30"
        f" where {OF_VIETNAM}",
        {"bases_are_the_months_before", "share_changes_sum_to_zero"},
    ),
    "reason_lost": (
        "market_share",
        f"update candidate.market_share set share_change_3m_reason = null where {OF_VIETNAM}",
        {"figures_or_reasons"},
    ),
}

values = st.decimals(min_value="0", max_value="1e9", places=2)


@pytest.mark.parametrize("defect", list(DEFECTS))
def test_each_defect_fails_its_rules_and_no_others(scenario_warehouse, tmp_path, defect):
    mart, change, expected = DEFECTS[defect]
    with spoiled(scenario_warehouse, mart, change):
        assert failing_rules(scenario_warehouse, tmp_path, mart) == expected


def test_good_figures_pass(scenario_warehouse, tmp_path):
    assert failing_rules(scenario_warehouse, tmp_path, "market_share") == set()


def test_a_value_falls_while_its_share_rises(scenario_admin):
    found = scenario_admin.execute(
        "select s.value_cny, s.base_value_cny, s.share, s.share_change_yoy_pp, s.value_rank, g.growth_yoy"
        " from candidate.market_share as s inner join candidate.growth as g"
        " on s.month = g.period_start and g.period_type = 'month'"
        " and (s.basis, s.product_group, s.market_level, s.market_code)"
        "  = (g.basis, g.product_group, g.market_level, g.market_code)"
        f" where s.{OF_VIETNAM} and s.basis = 'customs'".replace(
            "and product_group", "and s.product_group"
        ).replace("and market_code", "and s.market_code")
    ).fetchall()
    assert found == [(Decimal("300.00"), Decimal("400.00"), Decimal("0.6"), Decimal(20), 1, Decimal("-0.25"))]


def test_a_buyer_who_left_keeps_a_row(scenario_admin):
    """Zhejiang bought 40 of 170 in June 2001, and nothing in September."""
    found = scenario_admin.execute(
        "select market_code, value_cny, share, round(share_change_3m_pp, 4), value_rank,"
        " value_rank_3m_before, value_rank_12m_before, enterprise_count from candidate.market_share"
        " where month = '2001-09-01' and basis = 'order_book' and product_group = 'denim'"
        " and market_level = 'market' order by value_rank"
    ).fetchall()
    assert found == [
        ("44", Decimal("100.00"), Decimal(1), Decimal("23.5294"), 1, 1, 1, 1),
        ("33", Decimal("0.00"), Decimal(0), Decimal("-23.5294"), 2, 2, None, 0),
    ]


def test_a_group_of_today_has_the_members_it_did_not_have_then(scenario_admin):
    """The United Kingdom was in the EU in 2019: on today's membership its sales are its own."""
    found = scenario_admin.execute(
        "select market_group, value_cny, value_today_members_cny, share, share_today_members"
        " from candidate.market_share where month = '2019-06-01' and basis = 'customs'"
        " and product_group = 'yarn' and market_level = 'group' and share_today_members > 0 order by 1"
    ).fetchall()
    assert found == [
        ("EU", Decimal("100.00"), Decimal("60.00"), Decimal(1), Decimal("0.6")),
        ("UK", Decimal("0.00"), Decimal("40.00"), Decimal(0), Decimal("0.4")),
    ]


@given(part=values, rest=values)
def test_shares_are_what_plain_decimals_say(scenario_admin_session, part, rest):
    total = part + rest
    expected = round(part / total, 15) if total else None
    assert evaluate(scenario_admin_session, "share", part, total) == expected


@given(shares=st.lists(values.filter(bool), min_size=1, max_size=30))
def test_shares_of_one_total_sum_to_one(scenario_admin_session, shares):
    total = sum(shares)
    found = [evaluate(scenario_admin_session, "share", value, total) for value in shares]
    assert abs(sum(found) - 1) <= Decimal("1e-9")


@given(d=st.decimals(min_value=0, max_value=1, places=15))
def test_balance_is_what_plain_decimals_say(scenario_admin_session, d):
    assert abs(evaluate(scenario_admin_session, "balance_index", d) - 4 * d * (1 - d)) <= Decimal("1e-15")
