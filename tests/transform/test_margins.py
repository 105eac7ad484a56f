"""Old exporters or new ones: the figures from raw lines, and the rules broken."""

from decimal import Decimal

import pytest

from tests.transform.spoiling import failing_rules, spoiled

OF_MAY = "period_type = 'month' and period_start = '2009-05-01' and basis = 'order_book'"
OF_VIETNAM = f"{OF_MAY} and product_group = 'ALL' and market_code = 'VNM'"
DEFECTS = {
    "relation_lost": (
        "margins",
        f"update candidate.margins set leaving_base_value_cny = 0, leaving_pp = 0 where {OF_VIETNAM}",
        {"margins_sum_to_change"},
    ),
    "another_growth": (
        "margins",
        "update candidate.margins set value_cny = value_cny + 1, change_cny = change_cny + 1,"
        f" continuing_value_cny = continuing_value_cny + 1, continuing_pp = continuing_pp + 100.0 / 140"
        f" where {OF_VIETNAM}",
        {"margins_are_those_of_growth"},
    ),
    "value_without_relation": (
        "margins",
        f"update candidate.margins set entering_relations = 0 where {OF_VIETNAM}",
        {"relations_fit_their_values"},
    ),
    "reason_lost": (
        "margins",
        "update candidate.margins set new_customer_reason = null where basis = 'customs'"
        " and period_type = 'month' and period_start = '2014-05-01'",
        {"figures_or_reasons"},
    ),
}


@pytest.mark.parametrize("defect", list(DEFECTS))
def test_each_defect_fails_its_rules_and_no_others(told, tmp_path, defect):
    mart, change, expected = DEFECTS[defect]
    with spoiled(told, mart, change):
        assert failing_rules(told, tmp_path, mart) == expected


def test_good_figures_pass(told, tmp_path):
    assert failing_rules(told, tmp_path, "margins") == set()


def test_continuing_entering_and_leaving(told_admin):
    found = told_admin.execute(
        "select value_cny, base_value_cny, continuing_value_cny, continuing_base_value_cny,"
        " entering_known_mill_value_cny, entering_new_mill_value_cny, leaving_base_value_cny,"
        " continuing_relations, entering_relations, leaving_relations, new_mills, new_customer_count,"
        f" new_customer_value_cny from candidate.margins where {OF_VIETNAM}"
    ).fetchall()
    assert found == [(200, 140, 130, 100, 20, 50, 40, 1, 2, 1, 1, 2, 70)]
    points = told_admin.execute(
        "select round(continuing_pp, 4), round(entering_known_mill_pp, 4), round(entering_new_mill_pp, 4),"
        f" round(leaving_pp, 4) from candidate.margins where {OF_VIETNAM}"
    ).fetchall()
    assert points == [(Decimal("21.4286"), Decimal("14.2857"), Decimal("35.7143"), Decimal("-28.5714"))]
