"""Order books against declarations: figures from raw lines, and rules broken."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transform.formulas import evaluate
from tests.transform.scenario_bridge import MILL
from tests.transform.spoiling import failing_rules, spoiled

MART = "order_customs_bridge"
OF_MARCH = f"enterprise_uscc = '{MILL}' and month = '2004-03-01'"
DEFECTS = {
    "orders_lost": (
        MART,
        f"update candidate.{MART} set order_value_cny = 1950, gap_cny = 90, gap_share = 90 / 1950.0"
        f" where {OF_MARCH}",
        {"bridge_has_all_orders"},
    ),
    "declarations_lost": (
        MART,
        f"update candidate.{MART} set declared_value_cny = 1990, gap_cny = -10, gap_share = -0.005"
        f" where {OF_MARCH}",
        {"bridge_has_all_declarations"},
    ),
    "gap_off": (
        MART,
        f"update candidate.{MART} set gap_cny = 41 where {OF_MARCH}",
        {"gap_is_declared_less_ordered"},
    ),
    "quantity_gap_off": (
        MART,
        f"update candidate.{MART} set quantity_gap = 5 where {OF_MARCH}",
        {"gap_is_declared_less_ordered"},
    ),
    "another_lag": (
        MART,
        f"update candidate.{MART} set lag_months = 2, month = month + interval '1 month',"
        " declared_value_cny = 0, gap_cny = -900, gap_share = -1"
        f" where enterprise_uscc = '{MILL}' and month = '2004-12-01'",
        {"one_lag_of_0_to_3_months"},
    ),
    "another_lag_fits": (
        MART,
        f"update candidate.{MART} set declared_value_cny = 100, gap_cny = -900, gap_share = -0.9"
        f" where enterprise_uscc = '{MILL}' and month = '2004-11-01'",
        {"no_other_lag_fits_better", "bridge_has_all_declarations"},
    ),
    "wrong_reason": (
        MART,
        f"update candidate.{MART} set reason_code = 'price_differs' where {OF_MARCH}",
        {"gap_reason_follows_the_figures", "what_agrees_is_within_the_tolerance"},
    ),
    "agrees_with_a_wide_gap": (
        MART,
        f"update candidate.{MART} set reason_code = 'agrees'"
        f" where enterprise_uscc = '{MILL}' and month = '2004-04-01'",
        {"what_agrees_is_within_the_tolerance"},
    ),
    "running_month_judged": (
        MART,
        f"update candidate.{MART} set reason_code = 'orders_missing'"
        " where reason_code = 'month_not_finished'",
        {"only_finished_months_are_judged"},
    ),
    "reason_lost": (
        MART,
        f"update candidate.{MART} set gap_share_reason = null"
        f" where enterprise_uscc = '{MILL}' and month = '2004-10-01'",
        {"figures_or_reasons"},
    ),
}


@pytest.mark.parametrize("defect", list(DEFECTS))
def test_each_defect_fails_its_rules_and_no_others(scenario_warehouse, tmp_path, defect):
    mart, change, expected = DEFECTS[defect]
    with spoiled(scenario_warehouse, mart, change):
        assert failing_rules(scenario_warehouse, tmp_path, mart) == expected


def test_good_figures_pass(scenario_warehouse, tmp_path):
    assert failing_rules(scenario_warehouse, tmp_path, MART) == set()


def test_a_mill_that_declares_a_month_later_and_a_gap_of_each_kind(scenario_admin):
    found = scenario_admin.execute(
        "select extract(month from month)::int, extract(month from order_month)::int,"
        " order_value_cny::int, declared_value_cny::int, gap_share, quantity_gap, unit_path, reason_code"
        f" from candidate.{MART} where enterprise_uscc = '{MILL}' order by month"
    ).fetchall()
    assert found == [
        (1, 12, 0, 400, None, None, "one_side_only", "before_order_book"),
        (2, 1, 1000, 1000, Decimal(0), Decimal(0), "m", "agrees"),
        (3, 2, 2000, 2040, Decimal("0.02"), Decimal(4), "m", "agrees"),
        (4, 3, 500, 300, Decimal("-0.4"), Decimal(-20), "m", "quantity_differs"),
        (5, 4, 3000, 2400, Decimal("-0.2"), Decimal(0), "m", "price_differs"),
        (6, 5, 1500, 1000, Decimal("-0.333333333333333"), None, "not_convertible", "quantity_not_comparable"),
        (7, 6, 2500, 0, Decimal(-1), None, "one_side_only", "declarations_missing"),
        (8, 7, 800, 800, Decimal(0), None, "not_convertible", "agrees"),
        (10, 9, 0, 600, None, None, "one_side_only", "orders_missing"),
        (11, 10, 1000, 700, Decimal("-0.3"), Decimal(0), "m", "incoterm_differs"),
        (12, 11, 900, 0, Decimal(-1), None, "one_side_only", "declarations_missing"),
        # The customs month of March 2021 still runs.
        (3, 2, 0, 100, None, None, "one_side_only", "month_not_finished"),
    ]
    lags = scenario_admin.execute(
        f"select distinct lag_months, judged_months from candidate.{MART} where enterprise_uscc = '{MILL}'"
    ).fetchall()
    assert lags == [(1, 6)]


def test_orders_due_after_the_last_declarations_wait_for_them(scenario_admin):
    last = scenario_admin.execute(
        "select max(month) from intermediate.int_sales__months where basis = 'customs' and is_finished"
    ).fetchone()[0]
    found = scenario_admin.execute(
        f"select bool_and(month > %s), count(*) from candidate.{MART} where reason_code = 'not_yet_declared'",
        [last],
    ).fetchone()
    assert found[0] is True
    assert found[1] > 0


@settings(max_examples=50)
@given(
    declared=st.decimals(min_value=0, max_value="1e9", places=2),
    ordered=st.decimals(min_value=0, max_value="1e9", places=2),
)
def test_gap_share_is_what_plain_decimals_say(scenario_admin_session, declared, ordered):
    found = evaluate(scenario_admin_session, "gap_share", declared, ordered)
    if ordered == 0:
        assert found is None
    else:
        expected = (declared - ordered) / ordered
        # PostgreSQL divides to sixteen significant digits.
        assert abs(found - expected) <= Decimal("1e-15") * (1 + abs(expected))
