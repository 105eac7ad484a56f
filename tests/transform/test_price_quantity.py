"""Volume or price: the figures from raw lines, the rules broken, and the formulas against plain decimals."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transform.formulas import evaluate
from tests.transform.spoiling import failing_rules, spoiled

OF_MAY = "period_type = 'month' and period_start = '2015-05-01' and product_group = 'yarn_dyed'"
OF_ALL = f"{OF_MAY} and market_level = 'all'"
DEFECTS = {
    "fisher_off": (
        "price_quantity",
        f"update candidate.price_quantity set fisher_quantity_index = 1.16 where {OF_ALL}",
        {"fisher_price_times_quantity_is_value"},
    ),
    "laspeyres_off": (
        "price_quantity",
        f"update candidate.price_quantity set laspeyres_price_index = 0.98 where {OF_ALL}",
        {"laspeyres_times_paasche_is_value", "indices_are_those_of_the_items"},
    ),
    "effect_off": (
        "price_quantity",
        f"update candidate.price_quantity set price_effect_cny = price_effect_cny + 1 where {OF_ALL}",
        {"price_and_quantity_effects_sum_to_change"},
    ),
    "tornqvist_off": (
        "price_quantity",
        f"update candidate.price_quantity set tornqvist_price_index = 2 where {OF_ALL}",
        {"indices_are_those_of_the_items"},
    ),
    "row_lost": (
        "price_quantity",
        f"delete from candidate.price_quantity where {OF_ALL}",
        {"price_quantity_has_the_sales_of_growth"},
    ),
    "another_value": (
        "price_quantity",
        f"update candidate.price_quantity set value_cny = value_cny + 1 where {OF_ALL}",
        {"price_quantity_has_the_sales_of_growth"},
    ),
    "reason_lost": (
        "price_quantity",
        "update candidate.price_quantity set index_reason = null where period_start = '2014-05-01'"
        " and period_type = 'month'",
        {"figures_or_reasons"},
    ),
}

# Unit values that change within the bounds that the mart keeps.
unit_values = st.decimals(min_value=1, max_value=10_000, places=2)
relatives = st.decimals(min_value="0.34", max_value="2.99", places=2)
quantities = st.decimals(min_value=1, max_value=1_000_000, places=2)
ITEMS = st.lists(
    st.builds(
        lambda then, relative, before, now: (then, round(then * relative, 2), before, now),
        *(unit_values, relatives, quantities, quantities),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize("defect", list(DEFECTS))
def test_each_defect_fails_its_rules_and_no_others(scenario_warehouse, tmp_path, defect):
    mart, change, expected = DEFECTS[defect]
    with spoiled(scenario_warehouse, mart, change):
        assert failing_rules(scenario_warehouse, tmp_path, mart) == expected


def test_good_figures_pass(scenario_warehouse, tmp_path):
    assert failing_rules(scenario_warehouse, tmp_path, "price_quantity") == set()


def test_the_indices_of_the_issue(scenario_admin):
    found = scenario_admin.execute(
        "select value_index, round(laspeyres_price_index, 6), round(paasche_price_index, 6),"
        " round(fisher_price_index, 6), round(tornqvist_price_index, 6), matched_items, trimmed_items,"
        " trimmed_value_cny, value_cny, matched_value_cny, price_effect_cny + quantity_effect_cny"
        f" from candidate.price_quantity where {OF_ALL}"
    ).fetchall()
    assert found == [
        (
            *(Decimal("1.1325"), Decimal("0.978846"), Decimal("0.974194"), Decimal("0.976517")),
            *(Decimal("0.976502"), 2, 1, Decimal("40.00"), Decimal("1224.80"), Decimal("1177.80")),
            Decimal("137.80"),
        )
    ]


def test_thirty_per_cent_at_lower_prices_is_more_quantity(scenario_admin):
    found = scenario_admin.execute(
        "select round(fisher_price_index, 4), round(fisher_quantity_index, 4) from candidate.price_quantity"
        " where period_type = 'month' and period_start = '2015-04-01' and product_group = 'white_cloth'"
        " and market_group = 'ASEAN'"
    ).fetchall()
    assert found == [(Decimal("0.9500"), Decimal("1.3684"))]


@settings(max_examples=40)
@given(items=ITEMS)
def test_indices_are_what_plain_decimals_say(scenario_admin_session, items):
    """Items as (unit value then, unit value now, quantity then, quantity now)."""
    with localcontext() as context:
        context.prec = 60
        v0, v1 = (sum(p * q for p, q in ((i[k], i[2 + k]) for i in items)) for k in (0, 1))
        p1q0, p0q1 = sum(i[1] * i[2] for i in items), sum(i[0] * i[3] for i in items)
        logs = [
            ((i[0] * i[2] / v0 + i[1] * i[3] / v1) / 2, (i[1] / i[0]).ln(), i[0] * i[2], i[1] * i[3])
            for i in items
        ]
        expected = {
            "fisher_price": ((p1q0 / v0) * (v1 / p0q1)).sqrt(),
            "fisher_quantity": ((p0q1 / v0) * (v1 / p1q0)).sqrt(),
            "bennet_price_effect": sum((i[2] + i[3]) / 2 * (i[1] - i[0]) for i in items),
            "bennet_quantity_effect": sum((i[0] + i[1]) / 2 * (i[3] - i[2]) for i in items),
            "tornqvist_price": sum(w * log for w, log, _, _ in logs).exp(),
        }
        v0_logs, v1_logs = sum(log * v for _, log, v, _ in logs), sum(log * v for _, log, _, v in logs)
    rounded = [round(x, 18) for x in (v0_logs, v1_logs)]
    found = {
        name: evaluate(
            scenario_admin_session, name, v0, v1, *(rounded if name == "tornqvist_price" else (p1q0, p0q1))
        )
        for name in expected
    }
    for name, value in expected.items():
        assert abs(found[name] - value) <= Decimal("1e-12") * (1 + abs(value)), name
    with localcontext() as context:
        context.prec = 60
        assert found["bennet_price_effect"] + found["bennet_quantity_effect"] == v1 - v0
