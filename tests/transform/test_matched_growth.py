"""Real growth or a reporting gap: the figures from raw lines, and the rules broken."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transform.formulas import evaluate
from tests.transform.spoiling import failing_rules, spoiled

OF_MAY = "period_type = 'month' and period_start = '2011-05-01' and product_group = 'denim'"
OF_ALL = f"{OF_MAY} and market_scope = 'all'"
OF_FIRST_MONTHS = "period_type = 'janfeb' and period_start = '2011-01-01' and product_group = 'white_cloth'"
DEFECTS = {
    "coverage_off": (
        "matched_growth",
        f"update candidate.matched_growth set coverage_effect_pp = 0 where {OF_ALL}",
        {"matched_plus_coverage_is_plain"},
    ),
    "mill_lost": (
        "matched_growth",
        f"update candidate.matched_growth set missing_base_value_cny = 0 where {OF_ALL}",
        {"matched_missing_and_new_are_all"},
    ),
    "another_growth": (
        "matched_growth",
        "update candidate.matched_growth set value_cny = value_cny + 1, new_value_cny = new_value_cny + 1,"
        f" mills_new = 1 where {OF_ALL}",
        {"plain_growth_is_that_of_growth"},
    ),
    "month_not_missing": (
        "matched_growth",
        "update candidate.matched_growth set matched_base_value_cny = 400, missing_base_value_cny = 0,"
        " mills_missing = 0, matched_growth_yoy = -0.15, coverage_effect_pp = 0"
        f" where {OF_FIRST_MONTHS} and market_scope = 'all'",
        {"longer_periods_are_the_sums_of_their_months"},
    ),
    "mill_not_matched": (
        "matched_growth",
        "update candidate.matched_growth set mills_matched = 20"
        " where period_type = 'month' and period_start = '2011-05-01' and product_group = 'ALL'"
        " and market_scope = 'all'",
        {"matched_mills_are_those_of_enterprise_mix"},
    ),
    "reason_lost": (
        "matched_growth",
        "update candidate.matched_growth set matched_growth_reason = null"
        " where period_start = '2010-05-01' and period_type = 'month'",
        {"figures_or_reasons"},
    ),
}

growths = st.decimals(min_value=-1, max_value=1000, places=15)


@pytest.mark.parametrize("defect", list(DEFECTS))
def test_each_defect_fails_its_rules_and_no_others(scenario_warehouse, tmp_path, defect):
    mart, change, expected = DEFECTS[defect]
    with spoiled(scenario_warehouse, mart, change):
        assert failing_rules(scenario_warehouse, tmp_path, mart) == expected


def test_good_figures_pass(scenario_warehouse, tmp_path):
    assert failing_rules(scenario_warehouse, tmp_path, "matched_growth") == set()


def test_a_missing_mill_changes_the_plain_growth_and_not_the_matched_one(scenario_admin):
    """Twenty-two mills grow by a tenth; one does not report: 2310 of 2200 is +5 %."""
    found = scenario_admin.execute(
        "select market_scope, growth_yoy, matched_growth_yoy, coverage_effect_pp, mills_matched,"
        f" mills_missing, mills_new, missing_base_value_cny from candidate.matched_growth where {OF_MAY}"
        " order by market_scope"
    ).fetchall()
    figures = (Decimal("0.05"), Decimal("0.1"), Decimal(-5), 21, 1, 0, Decimal("100.00"))
    assert found == [("all", *figures), ("domestic", *figures)]


def test_a_mill_is_matched_in_the_months_that_it_reports(scenario_admin):
    """Of 400 then, 100 belong to a February that one mill does not report now: 340 of 300, not of 400."""
    found = scenario_admin.execute(
        "select growth_yoy, matched_value_cny, matched_base_value_cny, round(matched_growth_yoy, 4),"
        " missing_base_value_cny, mills_matched, mills_missing, mills_new"
        f" from candidate.matched_growth where {OF_FIRST_MONTHS} and market_scope = 'all'"
    ).fetchall()
    money = (Decimal("340.00"), Decimal("300.00"))
    assert found == [(Decimal("-0.15"), *money, Decimal("0.1333"), Decimal("100.00"), 2, 1, 0)]


@settings(max_examples=50)
@given(plain=growths, matched=growths)
def test_the_coverage_effect_is_what_plain_decimals_say(scenario_admin_session, plain, matched):
    found = evaluate(scenario_admin_session, "growth_difference_pp", plain, matched)
    assert abs(100 * matched + found - 100 * plain) <= Decimal("1e-12")
