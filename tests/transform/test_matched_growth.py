"""Real growth or a reporting gap: the figures from raw lines, and the rules broken."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transform.formulas import evaluate
from tests.transform.spoiling import failing_rules, spoiled

OF_MAY = "period_type = 'month' and period_start = '2011-05-01' and product_group = 'denim'"
OF_ALL = f"{OF_MAY} and market_scope = 'all'"
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
    "reason_lost": (
        "matched_growth",
        "update candidate.matched_growth set matched_growth_reason = null"
        " where period_start = '2010-05-01' and period_type = 'month'",
        {"figures_or_reasons"},
    ),
}

growths = st.decimals(min_value=-1, max_value=1000, places=15)


@pytest.mark.parametrize("defect", list(DEFECTS))
def test_each_defect_fails_its_rules_and_no_others(told, tmp_path, defect):
    mart, change, expected = DEFECTS[defect]
    with spoiled(told, mart, change):
        assert failing_rules(told, tmp_path, mart) == expected


def test_good_figures_pass(told, tmp_path):
    assert failing_rules(told, tmp_path, "matched_growth") == set()


def test_a_missing_mill_changes_the_plain_growth_and_not_the_matched_one(told_admin):
    """Twenty-two mills grow by a tenth; one does not report: 2310 of 2200 is +5 %."""
    found = told_admin.execute(
        "select market_scope, growth_yoy, matched_growth_yoy, coverage_effect_pp, mills_matched,"
        f" mills_missing, mills_new, missing_base_value_cny from candidate.matched_growth where {OF_MAY}"
        " order by market_scope"
    ).fetchall()
    figures = (Decimal("0.05"), Decimal("0.1"), Decimal(-5), 21, 1, 0, Decimal("100.00"))
    assert found == [("all", *figures), ("domestic", *figures)]


@settings(max_examples=50)
@given(plain=growths, matched=growths)
def test_the_coverage_effect_is_what_plain_decimals_say(told_admin_session, plain, matched):
    found = evaluate(told_admin_session, "growth_difference_pp", plain, matched)
    assert abs(100 * matched + found - 100 * plain) <= Decimal("1e-12")
