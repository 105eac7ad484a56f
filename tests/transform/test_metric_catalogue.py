"""Every figure is in the catalogue, and the release gate sees to it."""

import psycopg
import pytest

from include.settings import Role
from tests.transform.spoiling import failing_rules, spoiled

OF_SHARE = "mart = 'market_share' and metric = 'share'"
DEFECTS = {
    "figure_without_entry": (
        "metric_catalogue",
        f"delete from candidate.metric_catalogue where {OF_SHARE}",
        {"every_figure_has_an_entry"},
    ),
    "name_lost": (
        "metric_catalogue",
        f"update candidate.metric_catalogue set name_zh = null where {OF_SHARE}",
        {"every_figure_has_an_entry"},
    ),
    "entry_without_figure": (
        "metric_catalogue",
        "insert into candidate.metric_catalogue (mart, metric, kind) values ('growth', 'basis', 'count')",
        {"every_entry_has_a_figure"},
    ),
    "ratio_without_denominator": (
        "metric_catalogue",
        f"update candidate.metric_catalogue set denominator = null where {OF_SHARE}",
        {"ratios_name_their_parts"},
    ),
    "numerator_of_another_mart": (
        "metric_catalogue",
        f"update candidate.metric_catalogue set numerator = 'order_value_cny' where {OF_SHARE}",
        {"ratios_name_their_parts"},
    ),
    "share_summed": (
        "metric_catalogue",
        f"update candidate.metric_catalogue set additive_over_markets = true where {OF_SHARE}",
        {"ratios_are_not_summed"},
    ),
    "call_lost": (
        "metric_catalogue",
        f"update candidate.metric_catalogue set how_to_aggregate = null where {OF_SHARE}",
        {"ratios_say_how_to_aggregate"},
    ),
    "call_and_reason": (
        "metric_catalogue",
        f"update candidate.metric_catalogue set how_to_aggregate_reason = 'mixed_bases' where {OF_SHARE}",
        {"ratios_say_how_to_aggregate"},
    ),
    "call_not_filled_in": (
        "metric_catalogue",
        f"update candidate.metric_catalogue set how_to_aggregate = 'ratio({{level}})' where {OF_SHARE}",
        {"ratios_say_how_to_aggregate"},
    ),
    "call_of_an_amount": (
        "metric_catalogue",
        "update candidate.metric_catalogue set how_to_aggregate = 'sum(value_cny)'"
        " where mart = 'growth' and metric = 'value_cny'",
        {"ratios_say_how_to_aggregate"},
    ),
    "no_catalogue": (
        "metric_catalogue",
        "delete from candidate.metric_catalogue",
        {"mart_not_empty", "every_figure_has_an_entry"},
    ),
}


@pytest.mark.parametrize("defect", list(DEFECTS))
def test_each_defect_fails_its_rules_and_no_others(scenario_warehouse, tmp_path, defect):
    mart, change, expected = DEFECTS[defect]
    with spoiled(scenario_warehouse, mart, change):
        assert failing_rules(scenario_warehouse, tmp_path, mart) == expected


def test_good_catalogue_passes(scenario_warehouse, tmp_path):
    assert failing_rules(scenario_warehouse, tmp_path, "metric_catalogue") == set()


def test_an_entry_of_the_seed_without_a_column_is_found(scenario_warehouse, tmp_path):
    with psycopg.connect(scenario_warehouse.dsn(Role.ADMIN), autocommit=True) as admin:
        admin.execute("insert into reference.metrics (metric) values ('market_shear')")
        try:
            assert failing_rules(scenario_warehouse, tmp_path, "metric_catalogue") == {
                "every_entry_has_a_figure"
            }
        finally:
            admin.execute("delete from reference.metrics where metric = 'market_shear'")


def test_a_row_for_a_mart_overrides_the_row_for_all(scenario_admin):
    found = scenario_admin.execute(
        "select mart, name_zh, denominator from candidate.metric_catalogue"
        " where metric = 'share' order by mart"
    ).fetchall()
    assert found == [
        ("market_share", "市场份额", "total_value_cny"),
        ("national_share", "占统计出口额比重", "denominator_value_cny"),
    ]


def test_amounts_may_be_summed_where_rows_do_not_repeat_them(scenario_admin):
    found = scenario_admin.execute(
        "select metric, additive_over_months, additive_over_markets, additive_over_products,"
        " additive_over_mills from candidate.metric_catalogue where mart = 'market_share'"
        " and metric in ('value_cny', 'total_value_cny', 'quantity', 'enterprise_count') order by metric"
    ).fetchall()
    assert found == [
        ("enterprise_count", False, False, False, True),
        ("quantity", True, True, False, True),
        ("total_value_cny", True, False, True, True),
        ("value_cny", True, True, True, True),
    ]
