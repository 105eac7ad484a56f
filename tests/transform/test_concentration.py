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
        {"market_concentration_is_that_of_the_shares"},
    ),
    "another_total": (
        "concentration",
        "update candidate.concentration set value_cny = value_cny + 0.01"
        f" where {OF_MAY} and product_group = 'ALL' and dimension = 'customers'",
        {"dimensions_have_one_total", "concentration_within_bounds"},
    ),
}

values = st.lists(st.decimals(min_value="0.01", max_value="1e6", places=2), min_size=1, max_size=20)


@pytest.mark.parametrize("defect", list(DEFECTS))
def test_each_defect_fails_its_rules_and_no_others(told, tmp_path, defect):
    mart, change, expected = DEFECTS[defect]
    with spoiled(told, mart, change):
        assert failing_rules(told, tmp_path, mart) == expected


def test_good_figures_pass(told, tmp_path):
    assert failing_rules(told, tmp_path, "concentration") == set()


def test_three_mills_with_130_50_and_20(told_admin):
    found = told_admin.execute(
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


@settings(max_examples=50)
@given(members=values)
def test_concentration_is_what_plain_decimals_say(told_admin_session, members):
    total = sum(members)
    squares = sum(v * v for v in members)
    expected = sum((v / total) ** 2 for v in members)
    found = evaluate(told_admin_session, "herfindahl", squares, total)
    assert abs(found - expected) <= Decimal("1e-14")
    assert abs(evaluate(told_admin_session, "equivalents_number", squares, total) * expected - 1) <= Decimal(
        "1e-13"
    )
