"""The marts' figures against values worked out by hand from the rows in conftest.py."""

from decimal import Decimal

import psycopg

from tests.transform.conftest import MILL_A, MILL_B


def rows(connection: psycopg.Connection, query: str) -> list[tuple]:
    return connection.execute(query).fetchall()


def test_market_share_by_group(admin):
    found = rows(
        admin,
        "select market_group, value_cny, total_value_cny, share, share_change_yoy_pp, enterprise_count"
        " from candidate.market_share where month = '2020-09-01' and basis = 'order_book'"
        " and product_group = 'denim' and market_level = 'group' order by market_group",
    )
    # A year before: 100 domestic and 300 to the United Kingdom, which was in the EU then.
    assert found == [
        ("DOMESTIC", Decimal("350.00"), Decimal("1000.00"), Decimal("0.35"), Decimal(10), 1),
        ("EU", Decimal("200.00"), Decimal("1000.00"), Decimal("0.2"), Decimal(20), 1),
        ("UK", Decimal("450.00"), Decimal("1000.00"), Decimal("0.45"), Decimal(-30), 1),
    ]


def test_market_share_keeps_the_group_of_its_own_month(admin):
    assert rows(
        admin,
        "select market_group, share from candidate.market_share where market_code = 'GBR'"
        " and month = '2019-09-01' and product_group = 'denim'",
    ) == [("EU", Decimal("0.75"))]


def test_all_products_and_provinces(admin):
    found = rows(
        admin,
        "select market_code, value_cny, total_value_cny, enterprise_count from candidate.market_share"
        " where month = '2020-09-01' and basis = 'order_book' and product_group = 'ALL'"
        " and market_level = 'market' order by market_code",
    )
    assert [(code, value) for code, value, _, _ in found] == [
        ("44", Decimal("350.00")),
        ("DEU", Decimal("200.00")),
        ("GBR", Decimal("450.00")),
        ("VNM", Decimal("260.00")),
    ]
    assert {total for _, _, total, _ in found} == {Decimal("1260.00")}


def test_a_province_beside_a_foreign_country_does_not_count(admin):
    # The order of 2020-03-31 goes to the United States and has a province of China, which it must not be in.
    expected = [("44", "DOMESTIC", Decimal("100.00")), ("USA", "NORTH_AMERICA", Decimal("900.00"))]
    of_march = "product_group = 'denim' and market_level = 'market' order by market_code, market_group"
    columns = "market_code, market_group, value_cny"
    shares = f"select {columns} from candidate.market_share where month = '2020-03-01' and {of_march}"
    growth = (
        f"select {columns} from candidate.growth where period_type = 'month'"
        f" and period_start = '2020-03-01' and {of_march}"
    )
    assert rows(admin, shares) == expected
    assert rows(admin, growth) == expected


def test_amounts_are_converted_at_the_customs_rate_of_their_month(admin):
    # 100.00 USD at 6.988378, the rate of 2020-07-15.
    assert rows(
        admin,
        "select value_cny from candidate.market_share where month = '2020-08-01' and product_group = 'ALL'"
        " and market_level = 'group' and enterprise_count > 0",
    ) == [(Decimal("698.84"),)]


def test_no_share_change_without_a_month_to_compare_with(admin):
    assert rows(
        admin,
        "select distinct share_change_yoy_pp, share_change_reason from candidate.market_share"
        " where month < '2020-08-01'",
    ) == [(None, "no_base_period")]


def test_growth_of_a_month_and_its_parts(admin):
    found = rows(
        admin,
        "select market_level, market_group, value_cny, base_value_cny, growth_yoy, growth_reason,"
        " contribution_pp from candidate.growth where period_type = 'month' and period_start = '2020-09-01'"
        " and basis = 'order_book' and product_group = 'denim' and market_level <> 'market'"
        " order by market_level, market_group",
    )
    assert found == [
        ("all", None, Decimal("1000.00"), Decimal("400.00"), Decimal("1.5"), None, Decimal(150)),
        ("group", "DOMESTIC", Decimal("350.00"), Decimal("100.00"), Decimal("2.5"), None, Decimal("62.5")),
        ("group", "EU", Decimal("200.00"), Decimal("0.00"), None, "zero_base", Decimal(50)),
        # Sales of the month before only, which growth_mom is compared with.
        ("group", "NORTH_AMERICA", Decimal("0.00"), Decimal("0.00"), None, "zero_base", Decimal(0)),
        ("group", "UK", Decimal("450.00"), Decimal("300.00"), Decimal("0.5"), None, Decimal("37.5")),
    ]


def test_growth_of_white_cloth_to_asean(admin):
    assert rows(
        admin,
        "select growth_yoy, contribution_pp, comparison_basis, is_comparable, period_end::text"
        " from candidate.growth where period_type = 'month' and period_start = '2020-09-01'"
        " and product_group = 'white_cloth' and market_level = 'group'",
    ) == [(Decimal("0.3"), Decimal(30), "plain", True, "2020-09-30")]


def test_a_market_of_the_base_year_only_keeps_its_loss(admin):
    found = rows(
        admin,
        "select market_code, value_cny, growth_yoy, contribution_pp from candidate.growth"
        " where period_type = 'month' and period_start = '2020-08-01' and product_group = 'denim'"
        " and market_level = 'market' order by market_code",
    )
    assert found == [
        ("USA", Decimal("698.84"), None, Decimal("1397.68")),
        ("VNM", Decimal("0.00"), Decimal(-1), Decimal(-100)),
    ]


def test_a_year_with_missing_months_has_no_growth(admin):
    found = rows(
        admin,
        "select distinct period_type, period_start::text, growth_yoy, growth_reason from candidate.growth"
        " where basis = 'order_book' and period_type <> 'month' order by period_type, period_start::text",
    )
    assert found[-1] == ("ytd", "2020-01-01", None, "period_incomplete")
    assert {(growth, reason) for _, _, growth, reason in found} == {(None, "period_incomplete")}
    # No period begins before the data does.
    assert min(start for _, start, _, _ in found) == "2019-08-01"


def test_single_march_is_comparable_but_has_no_base(admin):
    assert rows(
        admin,
        "select growth_yoy, growth_reason, contribution_reason, is_comparable from candidate.growth"
        " where period_type = 'month' and period_start = '2020-03-01' and product_group = 'ALL'"
        " and market_level = 'all'",
    ) == [(None, "no_base_period", "no_base_period", True)]


def test_dual_circulation_over_six_months(admin):
    columns = (
        "domestic_value_cny, export_value_cny, domestic_share, export_share, balance_index,"
        " domestic_share_change_6m_pp, change_reason"
    )
    found = rows(
        admin,
        f"select product_group, {columns} from candidate.dual_circulation where month = '2020-09-01'"
        " and product_group <> 'ALL' order by product_group",
    )
    assert found == [
        (
            *("denim", Decimal("350.00"), Decimal("650.00")),
            *(Decimal("0.35"), Decimal("0.65"), Decimal("0.91"), Decimal(25), None),
        ),
        (
            *("white_cloth", Decimal("0.00"), Decimal("260.00")),
            *(Decimal(0), Decimal(1), Decimal(0), None, "zero_denominator"),
        ),
    ]


def test_source_quality(admin):
    """Months are Shanghai's: the last file of September came at 23:00, the next at midnight."""
    found = admin.execute(
        "select month::text, source, enterprise_uscc, files_accepted, files_refused, rows_delivered,"
        " rows_accepted, rows_quarantined, mean_days_late, max_days_late, rows_corrected, rows_open,"
        " mean_days_to_correction from candidate.source_quality order by month, source, enterprise_uscc"
    ).fetchall()
    assert found == [
        ("2020-09-01", "enterprise_orders", MILL_A, 1, 0, 11, 9, 1, 2, 5, 1, 0, 4),
        ("2020-09-01", "enterprise_orders", None, 1, 0, 1, 0, 1, None, None, 0, 1, None),
        ("2020-10-01", "customs_exports", MILL_A, 1, 0, 4, 4, 0, 1, 1, 0, 0, None),
        ("2020-10-01", "enterprise_orders", MILL_A, 1, 0, 3, 3, 0, 0, 0, 0, 0, None),
        ("2020-10-01", "enterprise_orders", None, 0, 1, 0, 0, 0, None, None, 0, 0, None),
    ]
    rules = admin.execute(
        "select rule_code, enterprise_uscc, rows_quarantined, rows_corrected, rows_open"
        " from candidate.source_quality_rules order by 1"
    ).fetchall()
    assert rules == [
        ("enterprise_uscc_check", None, 1, 0, 1),
        ("quantity_positive", MILL_A, 1, 1, 0),
        ("unit_readable", MILL_A, 1, 1, 0),
    ]


def test_enterprise_mix(admin):
    found = rows(
        admin,
        "select enterprise_uscc, domestic_share, domestic_share_change_6m_pp, change_reason"
        " from candidate.enterprise_mix where month = '2020-09-01' order by total_value_cny desc",
    )
    assert found == [
        (MILL_A, Decimal("0.35"), Decimal(25), None),
        (MILL_B, Decimal(0), None, "zero_denominator"),
    ]


def test_customs_counts_the_cluster_and_what_it_turned_to_the_domestic_market(admin):
    found = rows(
        admin,
        "select market_group, market_code, value_cny, total_value_cny from candidate.market_share"
        " where basis = 'customs' and product_group = 'denim' and market_level = 'market' order by value_cny",
    )
    assert found == [
        ("DOMESTIC", "CHN", Decimal("200.00"), Decimal("1200.00")),
        ("NORTH_AMERICA", "USA", Decimal("1000.00"), Decimal("1200.00")),
    ]


def test_an_unfinished_month_has_a_reason(admin):
    # The newest declaration is of 15 September, the newest order of 30 September.
    assert rows(
        admin,
        "select distinct basis, is_comparable, comparability_reason from candidate.growth"
        " where period_type = 'month' and period_start = '2020-09-01' order by basis",
    ) == [("customs", False, "period_not_finished"), ("order_book", True, None)]


def test_dimensions(admin):
    assert rows(admin, "select enterprise_uscc, mill_type from candidate.dim_enterprise order by 1") == [
        (MILL_A, "denim_mill"),
        (MILL_B, "white_cloth_mill"),
    ]
    assert rows(
        admin, "select market_code, market_group_latest from candidate.dim_market where name_en = 'Cyprus'"
    ) == [("CYP", "EU")]
    assert rows(admin, "select count(*) from candidate.dim_month") == [(14,)]
    assert rows(
        admin,
        "select lunar_new_year::text, days, working_days from candidate.dim_month where month = '2020-01-01'",
    ) == [("2020-01-25", 31, 17)]
    assert rows(admin, "select product_group from candidate.dim_product where is_total") == [("ALL",)]
