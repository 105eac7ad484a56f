"""``textile publish`` after one more day, on a history and on ten times as much; and every month anew."""

import shutil
import time

from bench import cluster, ours
from bench.timing import Results, Run, median, ratio, say
from include.settings import Role, Settings
from include.warehouse.connection import connect

TIMES = 10
_DAYS = 3
_LINES_PER_LINE = 2.5  # order lines of the smaller history per line of the bench: 5 million of 2


def measure(run: Run) -> Results:
    """Median seconds of the publish after a day's files, of both histories, and of their full refresh.

    The larger one stays where it is: other sections ask it questions.
    """
    smaller = int(run.lines * _LINES_PER_LINE)
    day_lines = max(smaller // cluster.DAYS, 100)
    small = of_history(smaller, day_lines)
    large = of_history(smaller * TIMES, day_lines)
    return {
        "small": small,
        "large": large,
        "day_s": large["day_s"],
        "full_s": large["full_s"],
        "ratio": ratio(large["day_s"], small["day_s"]),
        "full_ratio_per_line": ratio(large["full_s"], small["full_s"] * TIMES),
    }


def of_history(lines: int, day_lines: int) -> Results:
    """A warehouse of its own with a history of ``lines``: published whole, then after each of some days."""
    settings = ours.start_afresh()
    rows = cluster.fill(settings, lines)
    say("publishing every month")
    full_s = seconds_of_publish(settings, is_full=True)
    folder = settings.home / "days"
    folder.mkdir()
    days = []
    for number in range(_DAYS):
        for source, path in cluster.write_day(settings, folder, number, day_lines, lines).items():
            ours.textile("load", source, path)
        days.append(seconds_of_publish(settings, is_full=False))
        say(f"day {number + 1} of {_DAYS}: published in {days[-1]:.1f} s")
    shutil.rmtree(folder)
    again_s = seconds_of_publish(settings, "--full-refresh", is_full=True)
    return {
        "rows": rows,
        "day_rows": {"order_lines": day_lines, "items": int(day_lines * cluster.ITEMS_SHARE)},
        "first_s": round(full_s, 3),
        "full_s": round(again_s, 3),
        "day_s": median(days),
        "where": where(settings),
    }


def seconds_of_publish(settings: Settings, *options: str, is_full: bool) -> float:
    """How long the command takes, from its start to its end; it must have done what it is measured for."""
    begin = time.perf_counter()
    assert ours.textile("publish", *options)["status"] == "published"
    took = time.perf_counter() - begin
    with connect(settings, Role.PUBLISHER) as connection:
        last = "select is_full from ops.build order by build_id desc limit 1"
        assert connection.execute(last).fetchone() == (is_full,)
    return took


def where(settings: Settings) -> Results:
    """Where the time of the last day's publish and of the full refresh went, and the slowest nodes of dbt."""
    return {"day": _slowest(settings, back=1), "full": _slowest(settings, back=0)}


def _slowest(settings: Settings, *, back: int) -> Results:
    with connect(settings, Role.PUBLISHER) as connection:
        build = "(select build_id from ops.build order by build_id desc limit 1 offset %s)"
        # The gate ends with its results in ops, documents and merge with the build's end.
        dbt_s, gate_s, merge_s = connection.execute(
            "select extract(epoch from b.tables_built_at - b.started_at),"
            " extract(epoch from g.ended_at - b.tables_built_at),"
            " extract(epoch from b.finished_at - g.ended_at) from ops.build as b"
            " cross join lateral (select max(v.validated_at) as ended_at from ops.validation_result as v"
            f" where v.build_id = b.build_id) as g where b.build_id = {build}",
            [back],
        ).fetchone() or (0, 0, 0)
        nodes = connection.execute(
            f"select node, seconds from ops.build_node where build_id = {build}"
            " order by seconds desc limit 5",
            [back],
        ).fetchall()
    return {
        "dbt_s": round(float(dbt_s), 3),
        "gate_s": round(float(gate_s), 3),
        "docs_and_merge_s": round(float(merge_s), 3),
        "slowest_nodes_s": {name: float(node_s) for name, node_s in nodes},
    }
