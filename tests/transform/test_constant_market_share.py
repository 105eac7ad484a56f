"""Better mills or luckier markets: figures from raw lines, rules broken, formulas against plain decimals."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transform.formulas import evaluate
from tests.transform.spoiling import failing_rules, spoiled

OF_JUNE = "period_type = 'month' and period_start = '2017-06-01'"
OF_DENIM = f"{OF_JUNE} and product_group = 'denim' and market_group = 'ASEAN'"
EFFECTS = "world_growth_effect_cny, commodity_effect_cny, market_effect_cny, competitiveness_effect_cny"
DEFECTS = {
    "effect_off": (
        "constant_market_share",
        "update candidate.constant_market_share set market_effect_cny = market_effect_cny + 1"
        f" where {OF_JUNE} and level = 'total'",
        {"constant_market_share_effects_sum_to_change", "constant_market_share_cells_sum_to_total"},
    ),
    "effects_exchanged": (
        "constant_market_share",
        "update candidate.constant_market_share set market_effect_cny = market_effect_cny + 1,"
        f" competitiveness_effect_cny = competitiveness_effect_cny - 1 where {OF_DENIM}",
        {
            "constant_market_share_cells_sum_to_total",
            "constant_market_share_effects_are_their_formulas",
        },
    ),
    "effect_without_reason": (
        "constant_market_share",
        f"update candidate.constant_market_share set effect_reason = 'no_statistics' where {OF_DENIM}",
        {"effects_or_reason", "constant_market_share_effects_are_their_formulas"},
    ),
    "another_export": (
        "constant_market_share",
        "update candidate.constant_market_share set value_cny = value_cny + 1, change_cny = change_cny + 1,"
        " uncovered_change_cny = uncovered_change_cny + 1"
        " where period_type = 'month' and period_start = '2017-09-01'"
        " and (level = 'total' or product_group = 'yarn')",
        {"constant_market_share_explains_growth"},
    ),
    "another_world": (
        "constant_market_share",
        f"update candidate.constant_market_share set world_value_cny = world_value_cny + 1 where {OF_DENIM}",
        {
            *("constant_market_share_world_equals_statistics", "constant_market_share_cells_sum_to_total"),
            "constant_market_share_effects_are_their_formulas",
        },
    ),
}

values = st.decimals(min_value="0.01", max_value="1e9", places=2)


@pytest.mark.parametrize("defect", list(DEFECTS))
def test_each_defect_fails_its_rules_and_no_others(scenario_warehouse, tmp_path, defect):
    mart, change, expected = DEFECTS[defect]
    with spoiled(scenario_warehouse, mart, change):
        assert failing_rules(scenario_warehouse, tmp_path, mart) == expected


def test_good_figures_pass(scenario_warehouse, tmp_path):
    assert failing_rules(scenario_warehouse, tmp_path, "constant_market_share") == set()


def test_the_four_effects_of_the_issue(scenario_admin):
    total = scenario_admin.execute(
        f"select change_cny, residual_cny, uncovered_change_cny, {EFFECTS}"
        f" from candidate.constant_market_share where {OF_JUNE} and level = 'total'"
    ).fetchone()
    change, residual, uncovered, *effects = total
    assert (change, residual, uncovered) == (1, 0, 0)
    assert [round(effect, 6) for effect in effects] == [
        *(Decimal("-3.214286"), Decimal("-0.571429"), Decimal("1.285714"), Decimal("3.500000")),
    ]
    assert abs(sum(effects) - 1) <= Decimal("1e-12")


def test_what_the_statistics_do_not_cover_is_named(scenario_admin):
    found = scenario_admin.execute(
        "select product_group, market_group, change_cny, competitiveness_effect_cny, uncovered_change_cny,"
        " effect_reason from candidate.constant_market_share where period_type = 'month'"
        " and period_start = '2017-09-01' order by level, product_group, market_group"
    ).fetchall()
    assert found == [
        ("denim", "ASEAN", 5, 5, 0, None),
        ("denim", "EU", 7, None, 7, "zero_denominator"),
        ("white_cloth", "ASEAN", 3, None, 3, "no_statistics"),
        ("yarn", "ASEAN", -10, None, -10, "no_statistics"),
        ("ALL", None, 5, 5, 0, None),
    ]


@settings(max_examples=20)
@given(cells=st.lists(st.tuples(values, values, values, values), min_size=1, max_size=4))
def test_effects_are_what_plain_decimals_say(scenario_admin_session, cells):
    """Cells of one product each: (export before, export now, world before, world now)."""
    world_base, world = sum(c[2] for c in cells), sum(c[3] for c in cells)
    growth = world / world_base - 1
    for base, value, cell_base, cell in cells:
        of_cell = cell / cell_base - 1
        expected = {
            ("world_growth_effect", base, world, world_base): growth * base,
            ("structure_effect", base, cell, cell_base, world, world_base): (of_cell - growth) * base,
            ("competitiveness_effect", value, base, cell, cell_base): value - base - of_cell * base,
        }
        found = {key: evaluate(scenario_admin_session, *key) for key in expected}
        for key, effect in expected.items():
            assert abs(found[key] - effect) <= Decimal("1e-12") * (1 + abs(effect) + base * cell / cell_base)
        with localcontext() as context:
            context.prec = 60
            assert sum(found.values()) == value - base
