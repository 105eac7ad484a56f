"""Why the domestic share moved: figures from raw lines, rules broken, formulas against plain decimals."""

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.transform.formulas import evaluate, sql_of
from tests.transform.spoiling import failing_rules, spoiled

OF_2012 = "month = '2012-09-01' and product_group = 'denim' and comparison = '6m'"
DEFECTS = {
    "numerator_off": (
        "share_bridge",
        f"update candidate.share_bridge set numerator_effect_pp = 24 where {OF_2012}",
        {"bridge_effects_sum_to_change"},
    ),
    "residual": (
        "share_bridge",
        f"update candidate.share_bridge set residual_pp = 0.1 where {OF_2012}",
        {"bridge_effects_sum_to_change"},
    ),
    "effect_of_nothing": (
        "share_bridge",
        "update candidate.share_bridge set numerator_effect_pp = numerator_effect_pp - 1,"
        f" denominator_effect_pp = denominator_effect_pp + 1 where {OF_2012}",
        {"an_unchanged_side_has_no_effect"},
    ),
    "wrong_driver": (
        "share_bridge",
        f"update candidate.share_bridge set driver = 'both' where {OF_2012}",
        {"driver_follows_the_effects"},
    ),
    "wrong_side": (
        "share_bridge",
        f"update candidate.share_bridge set driving_side = 'export' where {OF_2012}",
        {"driver_follows_the_effects"},
    ),
    "change_against_another_month": (
        "dual_circulation",
        "update candidate.dual_circulation set domestic_share_change_1m_pp = 99"
        " where month = '2012-09-01' and product_group = 'denim'",
        {"changes_are_against_the_months_before"},
    ),
    "another_base": (
        "share_bridge",
        "update candidate.share_bridge set base_domestic_value_cny = base_domestic_value_cny + 1,"
        " base_export_value_cny = base_export_value_cny + 9,"
        f" base_total_value_cny = base_total_value_cny + 10 where {OF_2012}",
        {"bridge_has_the_sales_of_dual_circulation"},
    ),
    "turn_without_a_rise": (
        "dual_circulation",
        "update candidate.dual_circulation set is_turning = true, switch_month = month, switch_reason = null"
        " where month = '2012-03-01' and product_group = 'denim'",
        {"a_turn_is_a_rise_by_the_threshold", "the_switch_is_the_first_month_of_the_latest_turn"},
    ),
    "another_switch": (
        "dual_circulation",
        "update candidate.dual_circulation set switch_month = '2012-08-01'"
        " where month = '2012-09-01' and product_group = 'denim'",
        {"the_switch_is_the_first_month_of_the_latest_turn"},
    ),
    "reason_lost": (
        "share_bridge",
        "update candidate.share_bridge set export_growth_reason = null where month = '2012-03-01'",
        {"figures_or_reasons"},
    ),
}

sales = st.decimals(min_value="0.01", max_value="1e9", places=2)


@pytest.mark.parametrize("defect", list(DEFECTS))
def test_each_defect_fails_its_rules_and_no_others(scenario_warehouse, tmp_path, defect):
    mart, change, expected = DEFECTS[defect]
    with spoiled(scenario_warehouse, mart, change):
        assert failing_rules(scenario_warehouse, tmp_path, mart) == expected


def test_good_figures_pass(scenario_warehouse, tmp_path):
    assert failing_rules(scenario_warehouse, tmp_path, "share_bridge") == set()


def test_ten_to_thirty_five_per_cent_on_a_flat_total_is_the_numerator(scenario_admin):
    found = scenario_admin.execute(
        "select b.domestic_share, b.base_domestic_share, b.domestic_growth, round(100 * b.export_growth, 2),"
        " c.balance_index, c.domestic_share_speed_pp, b.numerator_effect_pp, b.denominator_effect_pp,"
        " b.residual_pp, b.driver from candidate.share_bridge as b"
        " inner join candidate.dual_circulation as c using (month, product_group)"
        " where month = '2012-09-01' and product_group = 'denim' and comparison = '6m'"
    ).fetchall()
    assert found == [
        (
            *(Decimal("0.35"), Decimal("0.1"), Decimal("2.5"), Decimal("-27.78"), Decimal("0.91")),
            *(Decimal("4.1666666666667"), Decimal(25), Decimal(0), Decimal(0), "numerator"),
        )
    ]
    before = scenario_admin.execute(
        "select balance_index from candidate.dual_circulation where month = '2012-03-01'"
        " and product_group = 'denim'"
    ).fetchall()
    assert before == [(Decimal("0.36"),)]
    steps = scenario_admin.execute(
        "select round(domestic_share_change_pp, 6), driver from candidate.share_bridge"
        " where product_group = 'denim'"
        " and month between '2012-04-01' and '2012-09-01' and comparison = 'mom'"
    ).fetchall()
    assert steps == [(Decimal("4.166667"), "numerator")] * 6


def test_the_flat_total_turns_in_september(scenario_admin):
    """Ten points above the level of six months before are first seen then: 35 % against 10 %."""
    found = scenario_admin.execute(
        "select is_turning, switch_month::text from candidate.dual_circulation"
        " where product_group = 'denim' and month in ('2012-08-01', '2012-09-01') order by month"
    ).fetchall()
    assert found[1] == (True, "2012-09-01")
    assert found[0][0] is False


def test_the_same_shares_with_domestic_sales_unchanged_are_the_denominator(scenario_admin):
    found = scenario_admin.execute(
        "select round(domestic_share, 6), domestic_growth, round(100 * export_growth, 2),"
        " numerator_effect_pp, round(denominator_effect_pp, 4), domestic_effect_pp, residual_pp, driver"
        " from candidate.share_bridge"
        " where month = '2013-09-01' and product_group = 'denim' and comparison = '6m'"
    ).fetchall()
    assert found == [
        (
            *(Decimal("0.350000"), Decimal(0), Decimal("-79.37"), Decimal(0), Decimal("25.0000")),
            *(Decimal(0), Decimal(0), "denominator"),
        )
    ]


@settings(max_examples=50)
@given(d1=sales, e1=sales, d0=sales, e0=sales)
def test_effects_are_what_plain_decimals_say(scenario_admin_session, d1, e1, d0, e0):
    t1, t0 = d1 + e1, d0 + e0
    change = 100 * (d1 / t1 - d0 / t0)
    expected = {
        "numerator_effect_pp": 50 * ((d1 - d0) / t0 + (d1 - d0) / t1),
        "denominator_effect_pp": 50 * ((d0 / t1 - d0 / t0) + (d1 / t1 - d1 / t0)),
        "own_effect_pp": 50 * ((d1 / (d1 + e0) - d0 / t0) + (d1 / t1 - d0 / (d0 + e1))),
        "rest_effect_pp": 50 * ((d0 / (d0 + e1) - d0 / t0) + (d1 / t1 - d1 / (d1 + e0))),
    }
    of_ratio = ("numerator_effect_pp", "denominator_effect_pp")
    of_totals = (d1, t1, d0, t0)
    of_sides = (d1, e1, d0, e0)
    found = {
        name: evaluate(scenario_admin_session, name, *(of_totals if name in of_ratio else of_sides))
        for name in expected
    }
    for name, value in expected.items():
        assert abs(found[name] - value) <= Decimal("1e-12") * (1 + abs(value))
    scale = Decimal("1e-12") * (1 + abs(found["numerator_effect_pp"]))
    assert abs(found["numerator_effect_pp"] + found["denominator_effect_pp"] - change) <= scale
    assert abs(found["own_effect_pp"] + found["rest_effect_pp"] - change) <= Decimal("1e-11")


effects = st.decimals(min_value=-100, max_value=100, places=3)


@settings(max_examples=50)
@given(numerator=effects, denominator=effects)
# Both sides of each threshold, which chance seldom meets.
@example(numerator=Decimal(25), denominator=Decimal("-12.5"))
@example(numerator=Decimal("12.5"), denominator=Decimal("-25"))
@example(numerator=Decimal("24.999"), denominator=Decimal("12.5"))
@example(numerator=Decimal("0.005"), denominator=Decimal(0))
@example(numerator=Decimal("-0.004"), denominator=Decimal("0.004"))
def test_the_driver_is_the_effect_of_at_least_twice_the_other(scenario_admin_session, numerator, denominator):
    large, small = sorted((abs(numerator), abs(denominator)), reverse=True)
    if large < Decimal("0.005"):
        expected = "none"
    elif large < 2 * small:
        expected = "both"
    else:
        expected = "numerator" if abs(numerator) == large else "denominator"
    named = sql_of("share_driver", "%(n)s", "numerator", "%(d)s", "denominator")
    values = {"n": numerator, "d": denominator}
    assert scenario_admin_session.execute(f"select {named}".encode(), values).fetchone() == (expected,)
