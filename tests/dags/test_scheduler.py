"""The DAGs under a real scheduler: files become marts, and no rerun of any kind moves a figure."""

import os
import re
import subprocess
import sys
import time
from decimal import Decimal

import pytest
from samples import MILL_B, cells, contents, items, one, order, orders, query, write, write_download

from include.demo import airflow_api
from include.local import airflow
from include.settings import PROJECT_DIR, Role

# One stack: with several workers, all of these tests go to the same one.
pytestmark = pytest.mark.xdist_group("scheduler")

HOSTILE = "a '订单' $(touch hostile) \"; drop table raw.x; --.csv"
FIGURES = ("marts.market_share", "marts.growth", "marts.dual_circulation", "marts.enterprise_mix")
ROWS = ("raw.enterprise_orders", "raw.customs_exports", "raw.customs_statistics")


@pytest.fixture(scope="module")
def published(running_stack):
    """A first daily run: good files of every source, one with a bad row, and one that must be refused."""
    landing = running_stack.settings.landing_dir
    write(landing / "enterprise_orders" / HOSTILE, [*orders(9), order(行号="10", 数量="-1")])
    (landing / "enterprise_orders" / "mill_b.csv").write_text("<!DOCTYPE html><html></html>", "utf-8")
    write(landing / "customs_exports" / "items.csv", items(5), encoding="gb18030")
    write_download(landing / "customs_statistics" / "download.csv", cells(6))
    states = running_stack.run_daily()
    assert states == {
        "enterprise_orders": "failed",
        "customs_exports": "success",
        "customs_statistics": "success",
    }
    return running_stack


def figures(stack):
    """All marts and raw rows, without when they were written."""
    return contents(stack.settings, (*FIGURES, *ROWS))


def release_id(stack):
    return one(stack.settings, "select release_id from marts.release_info", role=Role.ANALYST)


def test_a_refused_file_fails_its_run_but_everything_else_is_published(published):
    assert published.tasks("ingest_enterprise_orders") == {
        "find": "success",
        "load": "success",
        "announce": "success",
        "report_refusals": "failed",
    }
    loads = query(
        published.settings, "select file_name, status, accepted, quarantined from ops.load order by 1"
    )
    assert loads == [
        (HOSTILE, "accepted", 9, 1),
        ("download.csv", "accepted", 6, 0),
        ("items.csv", "accepted", 5, 0),
        ("mill_b.csv", "refused", 0, 0),
    ]
    shares = query(
        published.settings,
        "select basis, market_code, value_cny, enterprise_count from marts.market_share"
        " where market_level = 'market' and product_group = 'ALL' order by 1",
        role=Role.ANALYST,
    )
    # Mill B's orders are missing, and the figure says so: it counts one mill.
    assert shares == [
        ("customs", "VNM", Decimal("240000.00"), 1),
        ("order_book", "44", Decimal("184500.00"), 1),
    ]
    assert not [p for p in (published.settings.landing_dir).rglob("*") if p.is_file()]
    assert not (PROJECT_DIR / "hostile").exists()


def test_the_run_says_what_was_refused_and_why(published):
    log = published.log("ingest_enterprise_orders", "report_refusals")
    assert "1 of 2 files of enterprise_orders refused" in log
    assert "mill_b.csv: this is a web page" in log


def test_what_modules_log_is_in_the_log_of_the_task(published):
    load = published.log("ingest_customs_exports", "load")
    assert load.count("customs_exports: 5 rows of 1 file(s) read") == 1
    first = airflow_api.runs(published.airflow, "build_marts")[-1]["dag_run_id"]
    build = published.log("build_marts", "build_and_validate", first)
    assert build.count("dbt computes every month") == 1
    assert re.search(r"model +growth +success", build)


def test_a_late_file_is_loaded_by_the_next_run_whatever_its_day(published):
    before = release_id(published)
    late = orders(4, 统一社会信用代码=MILL_B, 订单日期="2020-03-02", 发货日期="2020-03-20")
    write(published.settings.landing_dir / "enterprise_orders" / "late.csv", late)
    assert published.run_daily()["enterprise_orders"] == "success"
    assert release_id(published) > before
    total = one(
        published.settings,
        "select total_value_cny from marts.dual_circulation"
        " where month = '2020-03-01' and product_group = 'ALL'",
        role=Role.ANALYST,
    )
    assert total == 4 * Decimal("20500.00")
    # The sources without a file had nothing to do.
    assert published.tasks("ingest_customs_exports") == {
        "find": "success",
        "load": "skipped",
        "announce": "skipped",
        "report_refusals": "skipped",
    }


def test_the_form_rolls_back_and_forward_again(published):
    newest = release_id(published)
    for wanted in (newest - 1, newest):
        form = {"release_id": wanted, "reason": "a drill"}
        run_id = airflow_api.trigger(published.airflow, "rollback_release", form)
        assert airflow_api.wait(published.airflow, "rollback_release", run_id, timeout_s=120) == "success"
        assert release_id(published) == wanted
        log = published.log("rollback_release", "rollback", run_id)
        assert f"readers see release {wanted}" in log
    switches = "select switched_by, reason from ops.release_switch order by switched_at desc limit 2"
    assert query(published.settings, switches) == 2 * [("admin", "a drill")]


def test_cleared_runs_change_nothing(published):
    before, release = figures(published), release_id(published)
    loaded = airflow_api.runs(published.airflow, "ingest_customs_exports")[-1]["dag_run_id"]
    assert published.rerun("ingest_customs_exports", loaded, "load") == "success"
    assert published.tasks("ingest_customs_exports", loaded)["announce"] == "success"
    # Cleared as a whole, with nothing left in the drop folder: what was refused stays refused.
    refused = airflow_api.runs(published.airflow, "ingest_enterprise_orders")[-1]["dag_run_id"]
    assert published.rerun("ingest_enterprise_orders", refused, "find") == "failed"
    assert published.tasks("ingest_enterprise_orders", refused) == {
        "find": "success",
        "load": "success",
        "announce": "success",
        "report_refusals": "failed",
    }
    built = next(
        run["dag_run_id"]
        for run in airflow_api.runs(published.airflow, "build_marts")
        if published.tasks("build_marts", run["dag_run_id"])["publish"] == "success"
    )
    # A cleared publish changes nothing; cleared from the first task, the run has nothing to do.
    assert published.rerun("build_marts", built, "publish") == "success"
    assert published.rerun("build_marts", built, "build_and_validate") == "success"
    assert published.tasks("build_marts", built)["publish"] == "skipped"
    assert (figures(published), release_id(published)) == (before, release)


def test_the_same_rows_and_bytes_again_change_nothing(published):
    before = figures(published)
    landing = published.settings.landing_dir / "customs_exports"
    write(landing / "again.csv", items(5), encoding="gb18030")
    write(landing / "other_bytes.csv", items(5), encoding="utf-8")
    assert published.run_daily()["customs_exports"] == "success"
    assert figures(published) == before


def test_a_backfill_over_a_month_changes_nothing(published):
    before, release = figures(published), release_id(published)
    command = (
        "backfill",
        "create",
        "--dag-id",
        "ingest_customs_exports",
        "--reprocess-behavior",
        "completed",
    )
    window = ("--from-date", "2020-09-01", "--to-date", "2020-10-01", "--max-active-runs", "8")
    subprocess.run(
        [sys.executable, "-m", "airflow", *command, *window],
        env=os.environ | airflow.command_environment(published.settings),
        cwd=PROJECT_DIR,
        check=True,
        capture_output=True,
    )
    end = time.monotonic() + 120
    while time.monotonic() < end:
        runs = airflow_api.runs(published.airflow, "ingest_customs_exports", limit=100)
        states = [run["state"] for run in runs if run["run_type"] == "backfill"]
        if len(states) == 30 and set(states) <= {"success", "failed"}:
            break
        time.sleep(1)
    assert states == 30 * ["success"]
    assert (figures(published), release_id(published)) == (before, release)
