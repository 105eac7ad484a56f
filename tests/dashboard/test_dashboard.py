"""The dashboard in a browser: drawn, correct, filtered, and of the current release."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from include.dashboard import bundle, provision
from include.load import loading
from include.local import stack, superset
from include.local.secrets import superset_secret
from include.quality.saved_queries import FOLDER as SAVED_QUERIES
from include.release import current_release, publishing
from include.settings import Role, Settings
from tests.dashboard.page import DashboardPage

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

CHARTS = bundle.charts()
FILTERS = {declared["column"]: declared for declared in bundle.dashboard()["filters"]}
FINISHED_MONTHS = yaml.safe_load((bundle.DATASETS / "finished_months.yml").read_text(encoding="utf-8"))["sql"]
NEWEST_MONTH = f"select max(month) from ({FINISHED_MONTHS}) as finished_months"
NEWEST_ORDERS = "select max(month) from marts.dual_circulation where is_finished"


@pytest.fixture
def figure(bi: Settings) -> Callable[[str], Any]:
    """Ask as bi_reader for one figure."""

    def ask(query: str) -> Any:
        with psycopg.connect(bi.dsn(Role.BI_READER)) as connection:
            return connection.execute(query.encode()).fetchone()[0]

    return ask


def test_every_chart_is_drawn(page: DashboardPage) -> None:
    for name in CHARTS:
        tile = page.tile(name)
        assert tile.count() == 1, name
        assert tile.locator(".ant-alert, .ant-empty").count() == 0, f"{name}: {tile.inner_text()}"
        assert tile.locator("canvas, table, .header-line").count(), f"{name}: {tile.inner_text()}"
        assert any(page.data[name]), f"{name} has no rows"


def test_the_month_is_over_in_customs_too(page: DashboardPage, figure: Callable[[str], Any]) -> None:
    assert figure(NEWEST_MONTH) < figure(NEWEST_ORDERS)
    chosen = page.page.locator("[data-test=NATIVE_FILTER-period] .ant-select-selection-item").first
    assert chosen.get_attribute("title") == f"{figure(NEWEST_MONTH):%Y-%m}"


def test_kpis_equal_sql(page: DashboardPage, figure: Callable[[str], Any]) -> None:
    denim = f"from marts.dual_circulation where product_group = 'denim' and month = ({NEWEST_MONTH})"
    asean = (
        f"from marts.growth where period_type = 'month' and period_start = ({NEWEST_MONTH})"
        " and basis = 'customs' and product_group = 'white_cloth' and market_level = 'group'"
        " and market_group = 'ASEAN'"
    )
    expected = {
        "denim_domestic_share": f"{figure(f'select domestic_share {denim}'):.1%}",
        "denim_domestic_share_change": f"{figure(f'select domestic_share_change_6m_pp {denim}'):+,.1f}",
        "white_cloth_to_asean": f"{figure(f'select growth_comparable {asean}'):+,.1%}",
    }
    displayed = {name: page.tile(name).locator(".header-line").inner_text() for name in expected}
    # d3 writes a minus sign where Python writes a hyphen.
    assert {name: text.replace("−", "-") for name, text in displayed.items()} == expected


def test_months_are_displayed_correctly(page: DashboardPage, figure: Callable[[str], Any]) -> None:
    for name, chart in CHARTS.items():
        axis = chart["params"].get("x_axis")
        if axis in ("month", "period_start"):
            displayed = max(row[axis] for row in page.data[name][0])
            newest = NEWEST_MONTH if "basis = 'customs'" in chart["where"] else NEWEST_ORDERS
            assert datetime.fromtimestamp(displayed / 1000, UTC).date() == figure(newest), name


def test_charts_add_up_to_the_marts(page: DashboardPage, figure: Callable[[str], Any]) -> None:
    rows = page.data["growth_by_bloc"][0]
    total = figure(
        f"select contribution_pp from marts.growth where period_type = 'month' and basis = 'customs'"
        f" and period_start = ({NEWEST_MONTH}) and product_group = 'denim' and market_level = 'all'"
    )
    assert sum(row["拉动 Points"] for row in rows) == pytest.approx(float(total), abs=1e-6)
    exports = figure(
        "select sum(value_cny) from marts.growth where period_type = 'month' and basis = 'customs'"
        " and product_group = 'denim' and market_level = 'group' and market_group <> 'DOMESTIC'"
        " and comparability_reason is distinct from 'period_not_finished'"
    )
    by_month = page.data["exports_by_bloc"][0]
    displayed = sum(value or 0 for row in by_month for name, value in row.items() if name != "period_start")
    assert displayed == pytest.approx(float(exports))


@pytest.mark.parametrize("column", list(FILTERS))
def test_a_filter_changes_every_chart_in_its_scope_and_no_other(
    page: DashboardPage, figure: Callable[[str], Any], column: str
) -> None:
    new_market = (
        "from marts.dim_market join marts.margins using (market_code)"
        f" where period_type = 'month' and basis = 'order_book' and period_start = ({NEWEST_MONTH})"
        " and product_group = 'denim' and market_level = 'market' and market_group <> 'DOMESTIC'"
        " and new_customer_count >= 3 order by new_customer_count desc limit 1"
    )
    other = {
        "period": "select to_char(max(period_start), 'YYYY-MM') from marts.margins"
        f" where period_type = 'month' and basis = 'order_book' and period_start < ({NEWEST_MONTH})"
        " and product_group = 'denim' and market_level = 'market' and new_customer_count >= 3",
        "product": "select name_zh || ' ' || name_en from marts.dim_product"
        " where product_group = 'white_cloth'",
        "bloc": f"select market_group_name_zh || ' ' || market_group_name_en {new_market}",
        "market": f"select name_zh || ' ' || name_en {new_market}",
    }
    page.open()
    before = dict(page.data)
    page.data.clear()
    in_scope = set(FILTERS[column]["charts"])
    page.choose(column, figure(other[column]))
    page.wait_until_drawn(in_scope)
    assert {name for name, rows in page.data.items() if rows != before[name]} == in_scope
    assert all(any(page.data[name]) for name in in_scope), "a chart is empty: nothing is seen to change"


def test_what_the_charts_ask_is_tried_on_every_candidate(page: DashboardPage, tmp_path: Path) -> None:
    page.open()
    newest = NEWEST_MONTH.replace("max(month)", "max(period)")
    expected = {}
    for name, queries in page.sql.items():
        zh, _, en = CHARTS[name]["title"].partition(" ")
        for number, query in enumerate(queries, start=1):
            text = re.sub(r"period IN \('[0-9-]+'\)", f"period = ({newest})", query.strip())
            lines = [
                f"-- {en}",
                f"-- {zh}",
                f"-- dashboard: {bundle.dashboard()['slug']}",
                *map(str.rstrip, text.splitlines()),
                "",
            ]
            file = f"bi_{name}.sql" if len(queries) == 1 else f"bi_{name}_{number}.sql"
            expected[file] = "\n".join(lines)
            (tmp_path / file).write_text(expected[file], encoding="utf-8")
    found = {path.name: path.read_text(encoding="utf-8") for path in SAVED_QUERIES.glob("bi_*.sql")}
    assert found == expected, f"replace bi_*.sql in {SAVED_QUERIES} by those in {tmp_path}"


def test_make_bi_a_second_time_changes_nothing(bi: Settings) -> None:
    before, running = _exported(bi), stack.status()
    assert stack.up(with_airflow=False, with_bi=True) == running
    after = _exported(bi)
    assert set(after) == set(before)
    for name, text in before.items():
        assert after[name] == text, name
    assert len([name for name in before if name.startswith("charts/")]) == len(CHARTS)


def test_superset_keeps_the_password_encrypted_only(bi: Settings) -> None:
    provision.provision(bi, superset.url(bi), superset_secret("admin_password"))
    password = bi.password(Role.BI_READER)
    with psycopg.connect(bi.dsn(Role.ADMIN), dbname=superset.DATABASE) as connection:
        logged = connection.execute("select logs::text from logs").fetchall()
        kept = connection.execute("select dbs::text from dbs").fetchall()
    assert any("import" in line for (line,) in logged)
    assert kept
    assert [line for (line,) in logged + kept if password in line] == []


def test_before_the_first_release_the_log_says_what_to_do(bi: Settings, start_log: list[str]) -> None:
    assert [line for line in start_log if "nothing is published yet" in line and "`textile publish`" in line]


def test_a_publish_and_a_rollback_show_at_once(page: DashboardPage, bi: Settings, late_file: Path) -> None:
    page.open()
    first = _shown_release(page)
    before = dict(page.data)
    loading.load_files(bi, "enterprise_orders", [late_file])
    published = publishing.publish(bi, accept_drift="a late file")
    assert (published.status, published.release_id) == ("published", first + 1)
    page.open()
    assert _shown_release(page) == published.release_id
    assert page.data["domestic_share_by_month"] != before["domestic_share_by_month"]
    current_release.rollback(bi, first, "test")
    page.open()
    assert page.data == before
    assert _shown_release(page) == first


def test_nothing_failed_and_nothing_left_this_machine(page: DashboardPage) -> None:
    page.open()
    assert page.failed == []
    assert page.sent_away == []


def _shown_release(page: DashboardPage) -> int:
    return int(page.tile("release").locator("tbody td").first.inner_text())


def _exported(settings: Settings) -> dict[str, str]:
    """File name -> what Superset exports of everything it has, but for the time of the export."""
    with provision.connect(superset.url(settings), superset_secret("admin_password")) as client:
        answer = client.get("/api/v1/assets/export/").raise_for_status()
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        files = {name.partition("/")[2]: archive.read(name).decode() for name in archive.namelist()}
    del files["metadata.yaml"]
    return files
