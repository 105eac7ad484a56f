"""What pulled the total: the figures from raw lines, and the rules broken."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transform.formulas import evaluate
from tests.transform.spoiling import failing_rules, spoiled

OF_APRIL = "period_type = 'month' and period_start = '2015-04-01' and product_group = 'white_cloth'"
OF_ASEAN = f"{OF_APRIL} and member = 'ASEAN'"
DEFECTS = {
    "another_comparability": (
        "growth_contribution",
        "update candidate.growth_contribution set is_comparable = false,"
        f" comparability_reason = 'lunar_new_year' where {OF_APRIL}",
        {"comparable_as_growth_says"},
    ),
    "residual": (
        "growth_contribution",
        f"update candidate.growth_contribution set residual_pp = 0.5 where {OF_ASEAN}",
        {"contributions_leave_no_residual"},
    ),
    "contribution_off": (
        "growth_contribution",
        f"update candidate.growth_contribution set contribution_pp = 13 where {OF_ASEAN}",
        {
            *("contributions_leave_no_residual", "contribution_is_change_over_base"),
            "the_whole_is_that_of_growth",
        },
    ),
    "part_lost": (
        "growth_contribution",
        f"delete from candidate.growth_contribution where {OF_APRIL} and member = 'VNM'",
        {"parts_add_up_to_the_whole", "contributions_leave_no_residual"},
    ),
    "another_whole": (
        "growth_contribution",
        "update candidate.growth_contribution set value_cny = value_cny + 1, change_cny = change_cny + 1,"
        f" total_value_cny = total_value_cny + 1 where {OF_APRIL} and dimension = 'trade_kind'",
        {"the_whole_is_that_of_growth", "contribution_is_change_over_base"},
    ),
    "reason_lost": (
        "growth_contribution",
        "update candidate.growth_contribution set contribution_reason = null"
        " where period_start = '2014-04-01' and period_type = 'month'",
        {"figures_or_reasons"},
    ),
}

money = st.decimals(min_value=0, max_value="1e9", places=2)


@pytest.mark.parametrize("defect", list(DEFECTS))
def test_each_defect_fails_its_rules_and_no_others(scenario_warehouse, tmp_path, defect):
    mart, change, expected = DEFECTS[defect]
    with spoiled(scenario_warehouse, mart, change):
        assert failing_rules(scenario_warehouse, tmp_path, mart) == expected


def test_good_figures_pass(scenario_warehouse, tmp_path):
    assert failing_rules(scenario_warehouse, tmp_path, "growth_contribution") == set()


def test_asean_pulls_twelve_of_nine_points(scenario_admin):
    found = scenario_admin.execute(
        "select dimension, member, contribution_pp, total_growth_pp, contribution_rank, residual_pp"
        f" from candidate.growth_contribution where {OF_APRIL} order by dimension, contribution_rank"
    ).fetchall()
    asean, america, whole = Decimal(12), Decimal(-3), Decimal(9)
    assert found == [
        ("market", "VNM", asean, whole, 1, 0),
        ("market", "USA", america, whole, 2, 0),
        ("market_group", "ASEAN", asean, whole, 1, 0),
        ("market_group", "NORTH_AMERICA", america, whole, 2, 0),
        ("mill_type", "fabric_mill", whole, whole, 1, 0),
        ("trade_kind", "other", whole, whole, 1, 0),
    ]


@settings(max_examples=50)
@given(parts=st.lists(st.tuples(money, money), min_size=1, max_size=4))
def test_contributions_of_any_parts_leave_no_residual(scenario_admin_session, parts):
    whole, base = (sum(values, Decimal(0)) for values in zip(*parts, strict=True))
    found = [evaluate(scenario_admin_session, "contribution_pp", *part, base) for part in parts]
    growth = evaluate(scenario_admin_session, "contribution_pp", whole, base, base)
    if base == 0:
        assert {growth, *found} == {None}
        return
    for (value, before), contribution in zip(parts, found, strict=True):
        expected = 100 * (value - before) / base
        assert abs(contribution - expected) <= Decimal("1e-12")
    assert evaluate(scenario_admin_session, "residual_pp", growth, sum(found, Decimal(0))) == 0
