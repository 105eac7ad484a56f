"""Every release suite passes good marts and fails exactly the intended rules on each defect."""

import importlib
from functools import partial
from pathlib import Path

import pytest

from expectations.identities import identities
from expectations.marts import MARTS, suite_of
from tests.transform.spoiling import failing_rules, spoiled

SEPTEMBER = "month = '2020-09-01' and product_group = 'denim'"
GROWTH_SEPTEMBER = "period_type = 'month' and period_start = '2020-09-01' and product_group = 'denim'"
# mart, what is done to it, the rules that must then fail
DEFECTS = {
    "share_off": (
        "market_share",
        f"update candidate.market_share set share = share + 0.00001 where {SEPTEMBER}"
        " and market_code = 'GBR'",
        {"share_changes_are_differences", "share_is_part_of_total", "shares_sum_to_one"},
    ),
    "share_without_reason": (
        "market_share",
        f"update candidate.market_share set share = null where {SEPTEMBER} and market_level = 'group'"
        " and basis = 'order_book'",
        {"share_or_reason", "share_is_part_of_total"},
    ),
    "change_with_a_reason": (
        "market_share",
        f"update candidate.market_share set share_change_reason = 'no_base_period' where {SEPTEMBER}"
        " and share_change_yoy_pp is not null",
        {"share_change_yoy_pp_or_reason"},
    ),
    "doubled_row": (
        "market_share",
        f"insert into candidate.market_share select * from candidate.market_share where {SEPTEMBER}"
        " and market_code = 'USA'",
        {
            "totals_are_sums_of_their_cells",
            "ranks_follow_values",
            *("one_row_per_grain", "shares_sum_to_one", "groups_equal_their_markets"),
            *("products_add_up_to_all", "growth_has_the_same_markets"),
        },
    ),
    "month_to_come": (
        "market_share",
        "update candidate.market_share set month = '2999-01-01' where basis = 'customs'",
        {
            *("month_not_in_future", "totals_equal_raw", "finished_as_growth_says"),
            *("growth_has_the_same_totals", "growth_has_the_same_markets"),
            "lines_without_rate_are_counted",
        },
    ),
    "negative": (
        "market_share",
        f"update candidate.market_share set value_cny = -value_cny, share = -share where {SEPTEMBER}"
        " and market_code = 'GBR'",
        {
            "other_shares_are_parts_of_their_totals",
            "ranks_follow_values",
            "share_changes_are_differences",
            *("value_not_negative", "share_is_part_of_total", "shares_sum_to_one"),
            *("groups_equal_their_markets", "products_add_up_to_all", "growth_has_the_same_markets"),
        },
    ),
    "share_of_a_line_without_a_rate": (
        "dual_circulation",
        f"update candidate.dual_circulation set lines_without_rate = 1 where {SEPTEMBER}",
        {"no_figure_of_lines_without_rate"},
    ),
    "line_without_a_rate_that_nobody_sold": (
        "market_share",
        "update candidate.market_share set lines_without_rate = 1"
        " where month = '2020-09-01' and product_group = 'ALL' and market_code = 'GBR'",
        {"lines_without_rate_are_counted", "totals_are_sums_of_their_cells"},
    ),
    "lost_a_cent_of_raw": (
        "market_share",
        "update raw.customs_exports set fob_cny = fob_cny + 0.01 where item_no = 1",
        {"totals_equal_raw"},
    ),
    "growth_off": (
        "growth",
        f"update candidate.growth set growth_yoy = growth_yoy + 0.001 where {GROWTH_SEPTEMBER}"
        " and market_group = 'UK' and market_level = 'group'",
        {"comparable_growth_is_that_of_its_basis", "growth_is_value_over_base"},
    ),
    "growth_null_without_reason": (
        "growth",
        f"update candidate.growth set growth_yoy = null where {GROWTH_SEPTEMBER} and market_group = 'UK'",
        {"comparable_growth_is_that_of_its_basis", "growth_yoy_or_reason"},
    ),
    "contribution_off": (
        "growth",
        f"update candidate.growth set contribution_pp = contribution_pp + 0.00000001 where {GROWTH_SEPTEMBER}"
        " and market_code = 'GBR'",
        {"contributions_sum_to_growth"},
    ),
    "lost_a_market": (
        "growth",
        f"delete from candidate.growth where {GROWTH_SEPTEMBER} and market_code = 'GBR'",
        {"levels_add_up", "contributions_sum_to_growth", "growth_has_the_same_markets"},
    ),
    "contribution_without_reason": (
        "growth",
        "update candidate.growth set contribution_reason = null where contribution_reason = 'no_base_period'"
        " and market_level = 'all'",
        {"contribution_pp_or_reason"},
    ),
    "growth_of_another_total": (
        "growth",
        "update candidate.growth set value_cny = value_cny * 2"
        " where period_type = 'month' and period_start = '2020-03-01' and product_group = 'denim'",
        {"levels_add_up", "growth_has_the_same_totals", "growth_has_the_same_markets"},
    ),
    "market_of_another_group": (
        "growth",
        f"update candidate.growth set market_group = 'EU' where {GROWTH_SEPTEMBER} and market_code = 'GBR'",
        {"growth_has_the_same_markets"},
    ),
    "market_of_another_code": (
        "growth",
        f"update candidate.growth set market_code = 'IRL' where {GROWTH_SEPTEMBER} and market_code = 'DEU'",
        {"growth_has_the_same_markets"},
    ),
    "export_lost": (
        "dual_circulation",
        f"update candidate.dual_circulation set export_value_cny = 0 where {SEPTEMBER}",
        {"legs_add_up_to_exports", "domestic_plus_export_is_total", "domestic_and_export_are_all"},
    ),
    "shares_do_not_sum": (
        "dual_circulation",
        f"update candidate.dual_circulation set export_share = 0.6 where {SEPTEMBER}",
        {"legs_add_up_to_exports", "two_shares_sum_to_one", "balance_index_is_its_formula"},
    ),
    "domestic_share_without_reason": (
        "dual_circulation",
        f"update candidate.dual_circulation set domestic_share = null where {SEPTEMBER}",
        {"domestic_share_or_reason", "changes_are_against_the_months_before"},
    ),
    "mill_lost": (
        "enterprise_mix",
        "delete from candidate.enterprise_mix where month = '2020-09-01' and export_value_cny = 260",
        {"mills_add_up_to_cluster"},
    ),
    "mill_of_another_size": (
        "enterprise_mix",
        "update candidate.enterprise_mix set is_above_scale = not is_above_scale"
        " where month = '2020-09-01' and export_value_cny = 260",
        {"mill_is_what_it_was_in_the_month"},
    ),
    "mill_of_another_type": (
        "enterprise_mix",
        "update candidate.enterprise_mix set mill_type = 'x'"
        " where month = '2020-09-01' and export_value_cny = 260",
        {"mill_is_what_it_was_in_the_month"},
    ),
    "mix_change_without_reason": (
        "enterprise_mix",
        "update candidate.enterprise_mix set change_reason = null where change_reason = 'zero_denominator'",
        {"domestic_share_change_6m_pp_or_reason"},
    ),
    "mill_twice": (
        "dim_enterprise",
        "insert into candidate.dim_enterprise select * from candidate.dim_enterprise limit 1",
        {"one_row_per_grain"},
    ),
    "range_lost": (
        "dim_enterprise_history",
        "delete from candidate.dim_enterprise_history",
        {"every_sale_falls_into_a_range"},
    ),
    "range_without_end": (
        "dim_enterprise_history",
        "insert into candidate.dim_enterprise_history"
        " select enterprise_uscc, valid_from + 5000, null, mill_type, is_above_scale, holding_group, evidence"
        " from candidate.dim_enterprise_history",
        {"ranges_follow_each_other"},
    ),
    "legs_lost": (
        "dual_circulation",
        f"update candidate.dual_circulation set asean_value_cny = asean_value_cny + 1 where {SEPTEMBER}",
        {"legs_add_up_to_exports"},
    ),
    "speed_off": (
        "dual_circulation",
        f"update candidate.dual_circulation set domestic_share_speed_pp = 25 where {SEPTEMBER}",
        {"speed_and_changes_are_differences_of_shares"},
    ),
    "rows_lost": (
        "source_quality",
        "update candidate.source_quality set rows_open = rows_open + 1 where rows_quarantined > 0",
        {"rows_are_conserved"},
    ),
    "more_rows_than_loaded": (
        "source_quality",
        "update candidate.source_quality set rows_accepted = rows_accepted + 1,"
        " rows_unchanged = rows_unchanged - 1 where rows_unchanged > 0",
        {"accepted_rows_equal_load_log"},
    ),
    "mean_off": (
        "source_quality",
        "update candidate.source_quality set mean_days_late = mean_days_late + 0.5 where dated_rows > 0",
        {"means_are_their_quotients"},
    ),
    "quality_without_reasons": (
        "source_quality",
        "update candidate.source_quality set quarantined_share_reason = null, days_late_reason = null,"
        " days_to_correction_reason = null",
        {
            *("quarantined_share_or_reason", "mean_days_late_or_reason"),
            "mean_days_to_correction_or_reason",
        },
    ),
    "rule_without_its_rejects": (
        "source_quality_rules",
        "update candidate.source_quality_rules set enterprise_uscc = 'x'",
        {"rules_account_for_all_rejects"},
    ),
    "rule_with_wrong_open_rows": (
        "source_quality_rules",
        "update candidate.source_quality_rules set rows_open = 7",
        {"open_is_what_is_not_corrected"},
    ),
    "no_markets": ("dim_market", "delete from candidate.dim_market", {"mart_not_empty"}),
}


@pytest.fixture
def failed_rules(built, tmp_path):
    """A function from marts to the rules that fail on them."""
    return partial(failing_rules, built, tmp_path)


@pytest.fixture
def spoiled_by(built, request):
    """The candidate with one defect."""
    mart, change, _ = DEFECTS[request.param]
    with spoiled(built, mart, change):
        yield request.param


def test_good_marts_pass(failed_rules):
    assert failed_rules(*MARTS) == set()


@pytest.mark.parametrize("spoiled_by", list(DEFECTS), indirect=True)
def test_each_defect_fails_its_rules_and_no_others(spoiled_by, failed_rules):
    mart, _, expected = DEFECTS[spoiled_by]
    assert failed_rules(mart) == expected


def test_every_rule_has_been_seen_to_fail():
    suites = [*(suite_of(name) for name in MARTS), identities()]
    declared = {expectation.meta["rule"] for suite in suites for expectation in suite.expectations}
    modules = [
        importlib.import_module(f"tests.transform.{path.stem}")
        for path in Path(__file__).parent.glob("test_*.py")
    ]
    defects = [defect for module in modules for defect in getattr(module, "DEFECTS", {}).values()]
    assert declared == set().union(*(rules for _, _, rules in defects))
