"""Growth from raw lines: the figures, the rules broken, and the formulas against plain decimals."""

from decimal import Decimal

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transform.formulas import evaluate
from tests.transform.spoiling import failing_rules, spoiled

OF_APRIL = "period_type = 'month' and period_start = '2015-04-01' and product_group = 'white_cloth'"
OF_ASEAN = f"{OF_APRIL} and market_group = 'ASEAN' and market_level = 'group'"
OF_2018 = "period_type = 'month' and period_start = '2018-04-01' and basis = 'order_book'"
PARTLY_KNOWN = "period_type = 'month' and period_start = '2015-06-01' and product_group = 'denim'"
DEFECTS = {
    "comparable_off": (
        "growth",
        f"update candidate.growth set growth_comparable = 0.31 where {OF_ASEAN}",
        {"comparable_growth_is_that_of_its_basis"},
    ),
    "dollars_off": (
        "growth",
        f"update candidate.growth set growth_yoy_usd = growth_yoy_usd + 0.001 where {OF_ASEAN}",
        {"other_growths_are_values_over_bases"},
    ),
    "quantity_off": (
        "growth",
        f"update candidate.growth set growth_yoy_quantity = 0.3 where {OF_ASEAN}",
        {"other_growths_are_values_over_bases"},
    ),
    "quantity_of_a_part": (
        "growth",
        "update candidate.growth set growth_yoy_quantity = -0.4, growth_yoy_quantity_reason = null"
        f" where {PARTLY_KNOWN}",
        {"a_quantity_speaks_for_its_value"},
    ),
    "dollars_of_the_base_lost": (
        "growth",
        "update candidate.growth set base_value_usd = base_value_usd + 1, growth_yoy_usd ="
        f" value_usd / (base_value_usd + 1) - 1 where {OF_ASEAN}",
        {"levels_add_up"},
    ),
    "another_month_before": (
        "growth",
        "update candidate.growth set previous_month_value_cny = 81, growth_mom = 120 / 81.0 - 1"
        f" where {OF_2018} and product_group = 'denim'",
        {"bases_are_the_months_before"},
    ),
    "dollars_of_a_month_off": (
        "growth",
        f"update candidate.growth set value_usd = value_usd + 1 where {OF_2018} and product_group = 'ALL'",
        {"dollars_are_those_of_the_sales"},
    ),
    "spring_taken_plainly": (
        "growth",
        "update candidate.growth set mom_comparability_reason = null where period_start = '2012-03-01'",
        {"spring_is_not_compared_with_the_month_before"},
    ),
    "low_base_not_flagged": (
        "growth",
        f"update candidate.growth set is_low_base = false where {OF_ASEAN}",
        {"low_bases_are_flagged"},
    ),
    "reason_lost": (
        "growth",
        f"update candidate.growth set growth_mom_reason = null where growth_mom is null and {OF_APRIL}",
        {"figures_or_reasons"},
    ),
    "festival_base_of_another_length": (
        "growth",
        "update candidate.growth set festival_base_end = festival_base_end + 1"
        " where festival_base_end is not null and product_group = 'yarn'",
        {"festival_base_is_as_long_as_its_month"},
    ),
}

amounts = st.decimals(min_value="-1e6", max_value="1e9", places=2)
days = st.integers(min_value=1, max_value=260)


@pytest.mark.parametrize("defect", list(DEFECTS))
def test_each_defect_fails_its_rules_and_no_others(scenario_warehouse, tmp_path, defect):
    mart, change, expected = DEFECTS[defect]
    with spoiled(scenario_warehouse, mart, change):
        assert failing_rules(scenario_warehouse, tmp_path, mart) == expected


def test_good_figures_pass(scenario_warehouse, tmp_path):
    assert failing_rules(scenario_warehouse, tmp_path, "growth") == set()


def test_white_cloth_to_asean(scenario_admin):
    """+30 % on a 40 % base, the rest -5 %: +9 % in all, 12 points of it by ASEAN; at prices 5 % lower."""
    found = scenario_admin.execute(
        "select market_level, market_group, growth_yoy, contribution_pp, round(growth_yoy_quantity, 4)"
        f" from candidate.growth where {OF_APRIL} and market_level <> 'market' order by 1, 2"
    ).fetchall()
    assert found == [
        ("all", None, Decimal("0.09"), Decimal(9), Decimal("0.1592")),
        ("group", "ASEAN", Decimal("0.3"), Decimal(12), Decimal("0.3684")),
        ("group", "NORTH_AMERICA", Decimal("-0.05"), Decimal(-3), Decimal("-0.0500")),
    ]
    assert scenario_admin.execute(
        "select round(100 * share, 2) from candidate.market_share where month = '2015-04-01'"
        " and product_group = 'white_cloth' and market_group = 'ASEAN' and market_level = 'group'"
    ).fetchall() == [(Decimal("47.71"),)]


def test_a_quantity_of_a_part_is_compared_with_no_other(scenario_admin):
    """Half as much again in value; the metres that are known would say 40 % less."""
    found = scenario_admin.execute(
        "select growth_yoy, quantity, base_quantity, quantified_value_cny, growth_yoy_quantity,"
        f" growth_yoy_quantity_reason from candidate.growth where {PARTLY_KNOWN} and market_level = 'all'"
        " and basis = 'customs'"
    ).fetchall()
    assert found == [
        (Decimal("0.5"), Decimal(600), Decimal(1000), Decimal("600.00"), None, "quantity_partly_known")
    ]
    shares = scenario_admin.execute(
        "select share, share_quantity, share_quantity_reason from candidate.market_share"
        " where month = '2015-06-01' and product_group = 'denim' and market_code = 'VNM'"
    ).fetchall()
    assert shares == [(Decimal(1), None, "quantity_partly_known")]


def test_the_31st_of_march_belongs_to_the_base_of_april(scenario_admin):
    found = scenario_admin.execute(
        "select value_cny, previous_month_value_cny, growth_mom from candidate.growth"
        " where period_type = 'month' and period_start = '2018-04-01' and product_group = 'denim'"
        " and basis = 'order_book' and market_level = 'all'"
    ).fetchall()
    assert found == [(Decimal("120.00"), Decimal("80.00"), Decimal("0.5"))]


def test_a_month_is_converted_at_the_rate_of_its_own_third_wednesday(scenario_admin):
    """August 2020 takes 15 July; March 2021 takes 24 February, as the third Wednesday was a holiday."""
    found = scenario_admin.execute(
        "select period_start::text, value_cny, value_usd from candidate.growth where period_type = 'month'"
        " and period_start in ('2020-08-01', '2021-03-01') and basis = 'order_book' and market_code = 'USA'"
        " and product_group = 'denim' order by 1"
    ).fetchall()
    assert found == [
        ("2020-08-01", Decimal("698.84"), Decimal("100.00")),
        # 100 dollars at 6.451671 are 645.17 yuan; 6451.67 yuan are 1000 dollars.
        ("2021-03-01", Decimal("7096.84"), Decimal("1100.00")),
    ]


def test_a_festival_base_is_the_same_days_of_the_lunar_year(scenario_admin):
    found = scenario_admin.execute(
        "select period_start::text, value_cny, festival_base_start::text, festival_base_end::text,"
        " festival_base_value_cny, comparison_basis, growth_comparable, growth_yoy from candidate.growth"
        " where period_type = 'month' and period_start in ('2020-01-01', '2020-02-01')"
        " and basis = 'customs' and product_group = 'yarn' and market_level = 'all' order by 1"
    ).fetchall()
    # The year's first sale was 12 days before the festival in both years, 90 and then 99.
    assert found == [
        (
            *("2020-01-01", Decimal("99.00"), "2019-01-12", "2019-02-11", Decimal("90.00")),
            *("festival_adjusted", Decimal("0.1"), Decimal("-0.505")),
        ),
        (
            *("2020-02-01", Decimal("110.00"), "2019-02-12", "2019-03-12", Decimal("100.00")),
            *("festival_adjusted", Decimal("0.1"), None),
        ),
    ]


def test_twelve_months_with_another_number_of_festivals_do_not_compare(scenario_admin):
    """February 2012 to January 2013 has no Lunar New Year, the twelve months before it have two."""
    found = scenario_admin.execute(
        "select period_start::text, comparison_basis, growth_comparable, growth_comparable_reason"
        " from candidate.growth where period_type = 'r12' and period_start in ('2012-02-01', '2012-03-01')"
        " and basis = 'order_book' and product_group = 'ALL' and market_level = 'all' order by 1"
    ).fetchall()
    assert found == [
        ("2012-02-01", "janfeb", None, "festivals_differ"),
        ("2012-03-01", "plain", None, "period_incomplete"),
    ]


@given(value=amounts, base=amounts)
def test_growth_is_what_plain_decimals_say(scenario_admin_session, value, base):
    found = evaluate(scenario_admin_session, "growth", value, base)
    if base <= 0:
        assert found is None
    else:
        expected = value / base - 1
        assert abs(found - expected) <= Decimal("1e-15")


@given(value=amounts, own=days, base=amounts, base_days=days)
def test_growth_per_day_is_what_plain_decimals_say(scenario_admin_session, value, own, base, base_days):
    found = evaluate(scenario_admin_session, "growth_per_day", value, own, base, base_days)
    if base <= 0:
        assert found is None
    else:
        assert abs(found - (value * base_days / (base * own) - 1)) <= Decimal("1e-15")


@given(value=amounts, base=amounts, total=amounts)
def test_contributions_are_what_plain_decimals_say(scenario_admin_session, value, base, total):
    found = evaluate(scenario_admin_session, "contribution_pp", value, base, total)
    if total <= 0:
        assert found is None
    else:
        expected = 100 * (value - base) / total
        assert abs(found - expected) <= Decimal("1e-13")


def test_formulas_are_evaluated_by_the_database(scenario_admin_session: psycopg.Connection):
    assert evaluate(scenario_admin_session, "share", 1, 3) == Decimal("0.333333333333333")
