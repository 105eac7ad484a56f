"""How much depends on a few: the figures from raw lines, the rules broken, the formulas against decimals."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transform.formulas import evaluate
from tests.transform.spoiling import failing_rules, spoiled

OF_MAY = "period_type = 'month' and period_start = '2009-05-01' and market_scope = 'all'"
OF_DENIM = f"{OF_MAY} and product_group = 'denim' and dimension = 'mills'"
DEFECTS = {
    "herfindahl_off": (
        "concentration",
        "update candidate.concentration set herfindahl_index = 0.9, equivalents_number = 1 / 0.9"
        f" where {OF_DENIM}",
        {"concentration_within_bounds"},
    ),
    "four_off": (
        "concentration",
        f"update candidate.concentration set largest_four_share = 0.9 where {OF_DENIM}",
        {"concentration_within_bounds"},
    ),
    "market_lost": (
        "concentration",
        "update candidate.concentration set member_count = 3"
        f" where {OF_MAY} and product_group = 'ALL' and dimension = 'markets'",
        {"markets_are_those_of_market_share"},
    ),
    "another_total": (
        "concentration",
        "update candidate.concentration set value_cny = value_cny + 0.01"
        f" where {OF_MAY} and product_group = 'ALL' and dimension = 'customers'",
        {
            *("concentration_within_bounds", "totals_are_those_of_market_share"),
            *("domestic_plus_export_is_all", "customers_are_those_of_the_orders"),
        },
    ),
    "half_a_year_shown": (
        "concentration",
        "insert into candidate.concentration select * from (select (jsonb_populate_record(shown,"
        ' \'{"period_type": "ytd", "period_start": "2009-01-01", "period_end": "2009-12-31"}\')).*'
        f" from candidate.concentration as shown where {OF_DENIM}) as half",
        {"periods_are_whole", "totals_are_those_of_market_share", "domestic_plus_export_is_all"},
    ),
    "still_runs": (
        "concentration",
        f"update candidate.concentration set is_finished = false where {OF_DENIM}",
        {"periods_are_whole"},
    ),
    "left_out_lost": (
        "concentration",
        "update candidate.concentration set left_out_value_cny = 0 where left_out_value_cny < 0"
        " and period_type = 'month'",
        {"totals_are_those_of_market_share"},
    ),
    "year_of_markets_off": (
        "concentration",
        "update candidate.concentration set herfindahl_index = 0.95, equivalents_number = 1 / 0.95"
        " where period_type = 'ytd' and period_start = '2001-01-01' and dimension = 'markets'"
        " and product_group = 'denim' and market_scope = 'all'",
        {"markets_are_those_of_market_share"},
    ),
    "mills_off": (
        "concentration",
        "update candidate.concentration set herfindahl_index = 0.45, equivalents_number = 1 / 0.45"
        " where period_start = '2009-05-01' and dimension = 'mills' and product_group = 'ALL'"
        " and market_scope = 'export'",
        {"mills_are_those_of_enterprise_mix"},
    ),
    "products_off": (
        "concentration",
        "update candidate.concentration set herfindahl_index = 0.7, equivalents_number = 1 / 0.7"
        f" where {OF_MAY} and dimension = 'products' and product_group = 'ALL'",
        {"products_are_those_of_the_items"},
    ),
    "four_customers_off": (
        "concentration",
        "update candidate.concentration set herfindahl_index = 0.4, equivalents_number = 1 / 0.4"
        f" where {OF_MAY} and dimension = 'customers' and product_group = 'ALL'",
        {"customers_are_those_of_the_orders"},
    ),
}

values = st.lists(st.decimals(min_value="0.01", max_value="1e6", places=2), min_size=1, max_size=20)


@pytest.mark.parametrize("defect", list(DEFECTS))
def test_each_defect_fails_its_rules_and_no_others(scenario_warehouse, tmp_path, defect):
    mart, change, expected = DEFECTS[defect]
    with spoiled(scenario_warehouse, mart, change):
        assert failing_rules(scenario_warehouse, tmp_path, mart) == expected


def test_good_figures_pass(scenario_warehouse, tmp_path):
    assert failing_rules(scenario_warehouse, tmp_path, "concentration") == set()


def test_three_mills_with_130_50_and_20(scenario_admin):
    found = scenario_admin.execute(
        "select dimension, member_count, herfindahl_index, round(equivalents_number, 4), largest_share,"
        " largest_four_share from candidate.concentration"
        f" where {OF_MAY} and product_group = 'denim' order by dimension"
    ).fetchall()
    # 0.65^2 + 0.25^2 + 0.1^2
    three = (Decimal("0.495"), Decimal("2.0202"), Decimal("0.65"), Decimal(1))
    one = (Decimal(1), Decimal("1.0000"), Decimal(1), Decimal(1))
    assert found == [
        ("customers", 3, *three),
        ("markets", 1, *one),
        ("mills", 3, *three),
        ("products", 1, *one),
    ]


def test_returned_goods_have_no_share_but_a_reason(scenario_admin):
    found = scenario_admin.execute(
        "select period_type, dimension, member_count, value_cny, left_out_value_cny, largest_value_cny,"
        " largest_four_value_cny from candidate.concentration where basis = 'order_book'"
        " and period_start in ('2001-01-01', '2001-05-01') and product_group = 'denim'"
        " and market_scope = 'domestic' and (period_type = 'ytd' or period_start = '2001-05-01')"
        " order by period_type, dimension"
    ).fetchall()
    assert found == [
        ("month", "customers", 1, 100, -7, 100, 100),
        ("month", "markets", 1, 93, 0, 93, 93),
        ("month", "mills", 1, 93, 0, 93, 93),
        ("month", "products", 1, 93, 0, 93, 93),
        ("ytd", "customers", 4, 1300, -7, 1200, 1300),
        ("ytd", "markets", 2, 1293, 0, 1253, 1293),
        ("ytd", "mills", 1, 1293, 0, 1293, 1293),
        ("ytd", "products", 1, 1293, 0, 1293, 1293),
    ]


def test_a_year_with_a_month_missing_is_not_shown(scenario_admin):
    found = scenario_admin.execute(
        "select distinct basis, period_start::text, period_end::text from candidate.concentration"
        " where period_type = 'ytd' order by 1, 2"
    ).fetchall()
    assert found == [
        ("order_book", "2000-01-01", "2000-12-31"),
        ("order_book", "2001-01-01", "2001-12-31"),
    ]


def test_an_unfinished_month_is_marked(scenario_admin):
    found = scenario_admin.execute(
        "select distinct period_start::text, is_finished from candidate.concentration"
        " where period_type = 'month' and basis = 'order_book' and period_start >= '2020-08-01' order by 1"
    ).fetchall()
    assert found == [("2020-08-01", True), ("2021-03-01", False)]


@settings(max_examples=50)
@given(members=values)
def test_concentration_is_what_plain_decimals_say(scenario_admin_session, members):
    total = sum(members)
    squares = sum(v * v for v in members)
    expected = sum((v / total) ** 2 for v in members)
    found = evaluate(scenario_admin_session, "herfindahl", squares, total)
    assert abs(found - expected) <= Decimal("1e-14")
    assert abs(
        evaluate(scenario_admin_session, "equivalents_number", squares, total) * expected - 1
    ) <= Decimal("1e-13")
