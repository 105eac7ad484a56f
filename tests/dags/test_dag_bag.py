"""The DAGs as Airflow reads them: their ids, tasks and schedules."""

import os
import re
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest

from include.settings import PROJECT_DIR

DAGS_FOLDER = PROJECT_DIR / "dags"
INGEST_TASKS = {"find", "load", "announce", "report_refusals"}
TASKS = {
    "ingest_enterprise_orders": INGEST_TASKS,
    "ingest_customs_exports": INGEST_TASKS,
    "ingest_customs_statistics": INGEST_TASKS,
    "build_marts": {"build_and_validate", "publish", "write_bulletin"},
    "maintain_warehouse": {"drop_expired", "vacuum", "check"},
    "rollback_release": {"rollback", "write_bulletin"},
}
DAGS_PER_FILE = {
    "ingest_sources.py": 3,
    "build_marts.py": 1,
    "maintain_warehouse.py": 1,
    "rollback_release.py": 1,
}
SOURCES = ("enterprise_orders", "customs_exports", "customs_statistics")
TAGS = {"ingest", "marts", "maintenance", *SOURCES}
# What these refuse stays refused, however often they are asked.
FINAL = {
    *((dag, "report_refusals") for dag in TASKS),
    ("build_marts", "build_and_validate"),
    ("maintain_warehouse", "check"),
}


def test_exactly_these_dags(dags):
    assert set(dags) == set(TASKS)


def test_an_empty_folder_fails(read_dags, tmp_path):
    with pytest.raises(AssertionError, match="no DAG found"):
        read_dags(tmp_path)


def test_a_broken_file_fails(read_dags, tmp_path):
    (tmp_path / "broken.py").write_text("from airflow.sdk import dag\nimport no_such_module\n", "utf-8")
    with pytest.raises(AssertionError, match=r"broken\.py"):
        read_dags(tmp_path)


def test_every_file_is_listed_with_its_number_of_dags(dags):
    found = dict.fromkeys((path.name for path in DAGS_FOLDER.rglob("*.py")), 0)
    for dag in dags.values():
        found[Path(dag.fileloc).name] += 1
    assert found == DAGS_PER_FILE


@pytest.mark.parametrize("dag_id", TASKS)
def test_exactly_these_tasks(dags, dag_id):
    assert set(dags[dag_id].task_ids) == TASKS[dag_id]


@pytest.mark.parametrize("dag_id", TASKS)
def test_common_settings_of_the_dags(dags, dag_id):
    dag = dags[dag_id]
    assert dag.max_active_runs == 1
    assert dag.catchup is False
    assert dag.dagrun_timeout is not None
    assert {task.task_id for task in dag.tasks} <= set(re.findall(r"^- `(\w+)`", dag.doc_md, re.MULTILINE))
    assert dag.tags
    assert dag.tags <= TAGS
    for task in dag.tasks:
        assert timedelta(0) < task.execution_timeout < dag.dagrun_timeout, task.task_id


@pytest.mark.parametrize("dag_id", TASKS)
def test_tasks_that_report_a_result_are_not_retried_and_others_are(dags, dag_id):
    for task in dags[dag_id].tasks:
        if (dag_id, task.task_id) in FINAL:
            assert task.retries == 0
        elif task.task_id != "announce":
            assert task.retries >= 2, task.task_id
            assert task.retry_exponential_backoff, task.task_id


@pytest.mark.parametrize(
    ("dag_id", "cron"),
    [*((f"ingest_{s}", "0 2 * * *") for s in SOURCES), ("maintain_warehouse", "30 4 * * *")],
)
def test_runs_daily_by_shanghais_clock(dags, dag_id, cron):
    timetable = dags[dag_id].timetable
    assert (timetable.expression, str(timetable.timezone)) == (cron, "Asia/Shanghai")


def test_each_ingest_dag_announces_its_own_asset_after_its_gate(dags):
    for source in SOURCES:
        dag = dags[f"ingest_{source}"]
        outlets = {task.task_id: [asset.name for asset in task.outlets] for task in dag.tasks if task.outlets}
        assert outlets == {"announce": [f"raw.{source}"]}
        assert dag.get_task("announce").upstream_task_ids == {"load"}
        assert dag.get_task("load").upstream_task_ids == {"find"}


def test_a_release_is_announced_by_the_task_that_publishes_it(dags):
    outlets = {
        (dag_id, task.task_id): [asset.name for asset in task.outlets]
        for dag_id, dag in dags.items()
        for task in dag.tasks
        if task.outlets and not dag_id.startswith("ingest_")
    }
    assert outlets == {("build_marts", "publish"): ["marts.release"]}
    assert dags["build_marts"].get_task("publish").upstream_task_ids == {"build_and_validate"}


def test_any_of_the_assets_starts_build_marts(dags):
    condition = dags["build_marts"].timetable.asset_condition
    assert type(condition).__name__ == "AssetAny"
    assert {asset.name for asset in condition.objects} == {f"raw.{source}" for source in SOURCES}


@pytest.mark.parametrize("file", DAGS_PER_FILE)
def test_files_are_short_and_not_named_as_files_of_dbt(file):
    assert len((DAGS_FOLDER / file).read_text(encoding="utf-8").splitlines()) <= 80
    assert not file.startswith("dbt_")


@pytest.mark.parametrize("file", DAGS_PER_FILE)
def test_files_import_in_under_a_second(file):
    """In a process that has Airflow already, as the dag-processor does; no heavy module is imported."""
    script = textwrap.dedent("""
        import runpy, sys, time
        from airflow.sdk import DAG, Asset, AssetAny, CronTriggerTimetable, dag, task
        begin = time.process_time()
        runpy.run_path(sys.argv[1])
        print(time.process_time() - begin)
        print(*{"great_expectations", "polars", "dbt"} & set(sys.modules))
    """)
    done = subprocess.run(
        [sys.executable, "-c", script, str(DAGS_FOLDER / file)],
        env=os.environ | {"PYTHONPATH": str(PROJECT_DIR)},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, heavy = done.stdout.splitlines()[-2:]
    assert float(seconds) < 1
    assert heavy == ""
