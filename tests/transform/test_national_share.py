"""The cluster's part of the nation's exports: figures from raw lines, and the rules broken."""

from decimal import Decimal

import pytest

from tests.transform.spoiling import failing_rules, spoiled

OF_DENIM = "month = '2016-08-01' and hs_code = '52094200'"
OF_VIETNAM = f"{OF_DENIM} and market_code = 'VNM' and denominator = 'china'"
DEFECTS = {
    "share_off": (
        "national_share",
        f"update candidate.national_share set share = share + 0.001 where {OF_VIETNAM}",
        {"national_share_is_its_quotient"},
    ),
    "quantity_share_off": (
        "national_share",
        f"update candidate.national_share set quantity_share = 0.3 where {OF_VIETNAM}",
        {"national_share_is_its_quotient"},
    ),
    "flag_lost": (
        "national_share",
        "update candidate.national_share set is_share_above_one = false where is_share_above_one",
        {"share_above_one_is_flagged"},
    ),
    "reasons_lost": (
        "national_share",
        "update candidate.national_share set share_reason = null, share_usd_reason = null,"
        " quantity_share_reason = null where month = '2016-08-01' and hs_code = '52081200'",
        {"share_or_reason", "share_usd_or_reason", "quantity_share_or_reason"},
    ),
    "partner_lost": (
        "national_share",
        f"delete from candidate.national_share where {OF_DENIM} and market_code = 'DEU'",
        {"national_share_levels_add_up", "national_share_exports_equal_market_share"},
    ),
    "denominator_counted_twice": (
        "national_share",
        f"update candidate.national_share set denominator_value_cny = 200, share = 0.15 where {OF_VIETNAM}",
        {"denominators_equal_statistics"},
    ),
}


@pytest.mark.parametrize("defect", list(DEFECTS))
def test_each_defect_fails_its_rules_and_no_others(scenario_warehouse, tmp_path, defect):
    mart, change, expected = DEFECTS[defect]
    with spoiled(scenario_warehouse, mart, change):
        assert failing_rules(scenario_warehouse, tmp_path, mart) == expected


def test_good_figures_pass(scenario_warehouse, tmp_path):
    assert failing_rules(scenario_warehouse, tmp_path, "national_share") == set()


def shares(admin, hs_code):
    return admin.execute(
        "select market_code, denominator, value_cny, denominator_value_cny, share, share_reason,"
        " is_share_above_one from candidate.national_share where month = '2016-08-01' and hs_code = %s"
        " order by market_code, denominator",
        [hs_code],
    ).fetchall()


def test_each_denominator_is_named(scenario_admin):
    """Declarations of ten digits count to their eight; sales turned to the domestic market are no exports."""
    assert shares(scenario_admin, "52094200") == [
        ("ALL", "china", 60, 120, Decimal("0.5"), None, False),
        ("ALL", "province", 60, 70, Decimal("0.857142857142857"), None, False),
        ("DEU", "china", 5, 0, None, "zero_denominator", False),
        ("DEU", "province", 5, 0, None, "zero_denominator", False),
        ("USA", "china", 25, 20, Decimal("1.25"), None, True),
        ("USA", "province", 25, 20, Decimal("1.25"), None, True),
        ("VNM", "china", 30, 100, Decimal("0.3"), None, False),
        ("VNM", "province", 30, 50, Decimal("0.6"), None, False),
    ]


def test_statistics_that_are_not_split_by_partner_have_a_share_of_all_only(scenario_admin):
    assert shares(scenario_admin, "52051200") == [
        ("ALL", "china", 6, 24, Decimal("0.25"), None, False),
        ("ALL", "province", 6, None, None, "no_statistics", False),
        ("VNM", "china", 6, None, None, "no_statistics", False),
        ("VNM", "province", 6, None, None, "no_statistics", False),
    ]


def test_six_digits_need_all_their_eight(scenario_admin):
    assert [row for row in shares(scenario_admin, "620112") if row[:2] == ("ALL", "china")] == [
        ("ALL", "china", 3, None, None, "no_statistics", False)
    ]
    assert [row for row in shares(scenario_admin, "620113") if row[:2] == ("ALL", "china")] == [
        ("ALL", "china", 5, 25, Decimal("0.2"), None, False)
    ]


def test_a_quantity_has_a_share_in_its_own_unit_only(scenario_admin):
    found = scenario_admin.execute(
        "select hs_code, quantity, denominator_quantity, round(quantity_share, 4), quantity_share_reason"
        " from candidate.national_share where month = '2016-08-01' and market_code = 'ALL'"
        " and denominator = 'china' and hs_code in ('52094200', '52051200', '62011390') order by 1"
    ).fetchall()
    assert found == [
        ("52051200", 2, None, None, "no_statistics_quantity"),
        ("52094200", 30, 84, Decimal("0.3571"), None),
        ("62011390", None, 5, None, "no_quantity"),
    ]
