"""From a day's files in the drop folder to the new release: by the scheduler, and by the command line."""

import datetime as dt
import shutil
import time
from pathlib import Path

import httpx

from bench import ours
from bench.timing import Results, Run, median, ratio, say
from include.demo import airflow_api, daily_run, synthetic
from include.demo.stages import deliver
from include.load import drop_folder, loading
from include.local import stack
from include.release import publishing
from include.settings import Role, Settings, load_settings
from include.sources.contract import sources
from include.warehouse.connection import connect

HISTORY_MONTHS = 33
_LINES_PER_SCALE = 62_000  # order lines of the generator in that time at scale 1
_DAY_LINES_PER_SCALE = 63
# First days of a month (the generator writes what lies between the first and the last day) that are workdays.
_DAYS = tuple(
    dt.date(*day)
    for day in ((2020, 10, 1), (2020, 12, 1), (2021, 3, 1), (2021, 4, 1), (2021, 6, 1), (2021, 7, 1))
)
_SOURCES = ("enterprise_orders", "customs_exports")


def measure(run: Run) -> Results:
    """Seconds of both ways, in turns, on a history of as many order lines as the bench has lines."""
    lines = run.lines
    history = prepare(run.settings, lines)
    stack.up(with_airflow=True)
    settings = load_settings()  # Airflow's port is known now
    by_airflow, by_command, rows = [], [], []
    with daily_run.connect(settings) as client:
        for turn, day in enumerate(_DAYS):
            folder, day_rows = make_day(settings.home / "bench_day", day, lines)
            rows.append(day_rows)
            way = "the scheduler" if turn % 2 == 0 else "the command line"
            say(f"day {turn + 1} of {len(_DAYS)}: {day_rows} rows by {way}")
            if turn % 2 == 0:
                by_airflow.append(by_scheduler(client, settings, folder))
            else:
                by_command.append(by_command_line(folder))
            shutil.rmtree(folder)
    return {
        "history_rows": history,
        "day_rows": rows,
        "scheduler_s": median(by_airflow),
        "command_line_s": median(by_command),
        "ratio": ratio(median(by_airflow), median(by_command)),
    }


def prepare(settings: Settings, lines: int) -> dict[str, int]:
    """Load and publish the history; returns its rows by source."""
    say(f"history of {lines:,} order lines: generating, loading, publishing")
    folder = settings.home / "bench_history"
    synthetic.generate(folder, HISTORY_MONTHS, scale=lines / _LINES_PER_SCALE)
    rows = {}
    for source in sources():
        results = loading.load_files(settings, source, drop_folder.find(folder, source))
        assert {r.status for r in results} == {"accepted"}
        rows[source] = sum(r.accepted for r in results)
    shutil.rmtree(folder)
    shutil.rmtree(settings.home / "archive")
    assert publishing.publish(settings).status == "published"
    return rows


def make_day(folder: Path, day: dt.date, lines: int) -> tuple[Path, dict[str, int]]:
    """A day's order and declaration files: about ``lines`` / 200 order lines and half as many items."""
    made = synthetic.generate(folder, months=1, scale=lines / 200 / _DAY_LINES_PER_SCALE, last_day=day)
    shutil.rmtree(folder / "customs_statistics")
    return folder, {"order_lines": made.order_lines, "items": made.declaration_items}


def by_scheduler(client: httpx.Client, settings: Settings, folder: Path) -> float:
    """Drop the files, run the DAGs; seconds until readers see a release with all of them."""
    wanted = loads_shown(settings) + sum(len(drop_folder.find(folder, source)) for source in _SOURCES)
    begin = time.perf_counter()
    deliver(folder, settings.landing_dir)
    runs = [(f"ingest_{s}", airflow_api.trigger(client, f"ingest_{s}")) for s in sources()]
    while loads_shown(settings) < wanted:
        assert time.perf_counter() - begin < 1200, "the release does not come"
        time.sleep(0.2)
    took = time.perf_counter() - begin
    for dag_id, run_id in runs:
        assert airflow_api.wait(client, dag_id, run_id) == "success"
    while any(run["state"] not in airflow_api.FINAL for run in airflow_api.runs(client, "build_marts")):
        time.sleep(0.5)
    return took


def by_command_line(folder: Path) -> float:
    """``textile load`` for each source, then ``textile publish``: seconds until the last one has ended."""
    begin = time.perf_counter()
    for source in _SOURCES:
        ours.textile("load", source, *drop_folder.find(folder, source))
    assert ours.textile("publish")["status"] == "published"
    return time.perf_counter() - begin


def loads_shown(settings: Settings) -> int:
    """How many loads the release has that an analyst sees."""
    with connect(settings, Role.ANALYST) as connection:
        row = connection.execute("select loads from marts.release_info").fetchone()
        return int(row[0]) if row else 0
