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
    "row_lost": (
        "margins",
        f"delete from candidate.margins where {OF_VIETNAM}",
        {"margins_are_those_of_growth"},
    ),
    "customer_too_many": (
        "margins",
        "update candidate.margins set new_customer_count = new_customer_count + 1"
        " where period_type = 'month' and period_start = '2001-06-01' and product_group = 'ALL'"
        " and market_level = 'all' and basis = 'order_book'",
        {"new_customers_are_those_of_the_order_book"},
    ),
    "compares_otherwise": (
        "margins",
        f"update candidate.margins set comparability_reason = 'lunar_new_year' where {OF_VIETNAM}",
        {"comparable_as_growth_says"},
    ),
    "known_taken_for_new": (
        "margins",
        "update candidate.margins set entering_known_mill_value_cny = entering_known_mill_value_cny - 1,"
        " entering_new_mill_value_cny = entering_new_mill_value_cny + 1"
        f" where {OF_MAY} and product_group = 'ALL' and market_level = 'all'",
        {"margins_are_those_of_the_relations"},
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
def test_each_defect_fails_its_rules_and_no_others(scenario_warehouse, tmp_path, defect):
    mart, change, expected = DEFECTS[defect]
    with spoiled(scenario_warehouse, mart, change):
        assert failing_rules(scenario_warehouse, tmp_path, mart) == expected


def test_good_figures_pass(scenario_warehouse, tmp_path):
    assert failing_rules(scenario_warehouse, tmp_path, "margins") == set()


def test_continuing_entering_and_leaving(scenario_admin):
    found = scenario_admin.execute(
        "select value_cny, base_value_cny, continuing_value_cny, continuing_base_value_cny,"
        " entering_known_mill_value_cny, entering_new_mill_value_cny, leaving_base_value_cny,"
        " continuing_relations, entering_relations, leaving_relations, new_mills, new_customer_count,"
        f" new_customer_value_cny from candidate.margins where {OF_VIETNAM}"
    ).fetchall()
    # Of the new mill, which has not reported for a year, no customer is called new.
    assert found == [(200, 140, 130, 100, 20, 50, 40, 1, 2, 1, 1, 1, 20)]
    points = scenario_admin.execute(
        "select round(continuing_pp, 4), round(entering_known_mill_pp, 4), round(entering_new_mill_pp, 4),"
        f" round(leaving_pp, 4) from candidate.margins where {OF_VIETNAM}"
    ).fetchall()
    assert points == [(Decimal("21.4286"), Decimal("14.2857"), Decimal("35.7143"), Decimal("-28.5714"))]


def test_new_domestic_customers_by_province(scenario_admin):
    found = scenario_admin.execute(
        "select period_type, period_start::text, market_level, market_code, new_customer_count,"
        " new_customer_value_cny from candidate.margins where basis = 'order_book'"
        " and product_group = 'ALL' and period_start between '2001-01-01' and '2001-12-31'"
        " and (period_type = 'ytd' or period_type = 'month' and new_customer_count > 0)"
        " order by period_type desc, period_start, market_level, market_code"
    ).fetchall()
    assert found == [
        ("ytd", "2001-01-01", "all", None, 3, Decimal("100.00")),
        ("ytd", "2001-01-01", "group", None, 3, Decimal("100.00")),
        ("ytd", "2001-01-01", "market", "33", 1, Decimal("40.00")),
        ("ytd", "2001-01-01", "market", "44", 2, Decimal("60.00")),
        ("month", "2001-03-01", "all", None, 1, Decimal("30.00")),
        ("month", "2001-03-01", "group", None, 1, Decimal("30.00")),
        ("month", "2001-03-01", "market", "44", 1, Decimal("30.00")),
        # In June the first new customer is not new any more.
        ("month", "2001-06-01", "all", None, 2, Decimal("65.00")),
        ("month", "2001-06-01", "group", None, 2, Decimal("65.00")),
        ("month", "2001-06-01", "market", "33", 1, Decimal("40.00")),
        ("month", "2001-06-01", "market", "44", 1, Decimal("25.00")),
    ]


def test_a_year_has_the_margins_of_the_whole_year(scenario_admin):
    found = scenario_admin.execute(
        "select value_cny, base_value_cny, continuing_value_cny, entering_known_mill_value_cny,"
        " entering_new_mill_value_cny, leaving_base_value_cny, new_mills, comparability_reason"
        " from candidate.margins where period_type = 'ytd' and period_start = '2001-01-01'"
        " and product_group = 'ALL' and market_level = 'all'"
    ).fetchall()
    # 12 x 100, less 7, and 60 to Guangdong; 40 to Zhejiang, where the same mill sold nothing.
    assert found == [(1293, 1207, 1253, 40, 0, 0, 0, None)]


def test_a_lunar_new_year_month_says_that_it_does_not_compare(scenario_admin):
    found = scenario_admin.execute(
        "select distinct period_type, period_start::text, comparability_reason from candidate.margins"
        " where basis = 'order_book' and period_start between '2001-01-01' and '2001-03-01' order by 1, 2"
    ).fetchall()
    assert found == [
        ("janfeb", "2001-01-01", None),
        ("month", "2001-01-01", "lunar_new_year"),
        ("month", "2001-02-01", "lunar_new_year"),
        ("month", "2001-03-01", None),
        ("ytd", "2001-01-01", None),
    ]
