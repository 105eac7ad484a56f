"""What thirty releases cost in space, what a publish costs in time, and what readers notice of either.

The marts are those of a cluster, built once by ``textile publish``. Then figures of the candidate are changed
in SQL and the release gate is left out: what is measured begins with the validated build.
"""

import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.synchronize import Event
from typing import Any

import psycopg

from bench import changes, cluster, ours, readers, stamped
from bench.timing import Results, Run, median, ratio, say
from include.errors import ReadersBlockError
from include.maintenance import housekeeping
from include.release import current_release, publishing, store
from include.settings import Role, Settings
from include.warehouse.connection import connect, scalar

RELEASES = 30
SHARE = 0.01
PUBLISHES = 1000
READERS = 20
_HELD = 5  # releases while a reader holds a long query
_LINES_PER_LINE = 0.15  # order lines per line of the bench: the marts hardly grow with them


def measure(run: Run) -> Results:
    """Space of thirty releases against one, seconds of a publish, a new reader's wait, mixed releases."""
    settings = ours.start_afresh()
    cluster.fill(settings, int(run.lines * _LINES_PER_LINE))
    ours.textile("publish")
    with connect(settings, Role.TRANSFORMER, autocommit=True) as transformer:
        # The loads of the history are released; those that follow have none.
        transformer.execute("truncate intermediate.int_releases__changes")
    together = space(settings, together=True)
    spread = space(settings, together=False)
    waits = while_a_reader_holds_a_query(settings)
    found = among_readers(settings, READERS, PUBLISHES if run.lines >= 1_000_000 else PUBLISHES // 20)
    return {
        "space_ratio": together["bytes_ratio"],
        "spread_space_ratio": spread["bytes_ratio"],
        "unchanged_bytes": together["unchanged_bytes"],
        "publish_s": together["publish_s"],
        **waits,
        "errors_and_mixed": found["errors"] + found["mixed"],
        "readers": found,
        "together": together,
        "spread": spread,
    }


def space(settings: Settings, *, together: bool) -> Results:
    """Thirty releases onto one; in each, a hundredth of the figures changes: whole rows, or one by one."""
    with connect(settings, Role.ADMIN, autocommit=True) as connection:
        names = ", ".join(f"store.{mart}" for mart in store.stored_marts(connection))
        connection.execute(f"truncate {names}".encode())
    publish(settings, validated(settings)[0])
    housekeeping.vacuum(settings)
    one, all_of_one = occupied(settings), changes.size(settings)
    publish(settings, validated(settings)[0])
    unchanged = occupied(settings)["bytes"] - one["bytes"]
    touched, took = [], []
    for _ in range(RELEASES):
        touched.append(changes.change(settings, SHARE, together=together))
        build_id, compared = validated(settings)
        took.append((compared, publish(settings, build_id)))
        before = occupied(settings)
        housekeeping.vacuum(settings)  # as every night
    after = occupied(settings)
    say(f"{RELEASES} releases: {after['bytes'] / one['bytes']:.2f} x the space of one")
    return {
        "rows": all_of_one.rows,
        "figures": all_of_one.figures,
        "rows_changed_share": round(median([t.rows for t in touched]) / all_of_one.rows, 4),
        "figures_changed_share": round(median([t.figures for t in touched]) / all_of_one.figures, 4),
        "one": one,
        "after": after,
        "before_last_vacuum": before,
        "unchanged_bytes": unchanged,
        "bytes_ratio": ratio(after["bytes"], one["bytes"]),
        "rows_ratio": ratio(after["rows"], one["rows"]),
        "compare_s": median([compared for compared, _ in took]),
        "publish_s": median([published for _, published in took]),
    }


def validated(settings: Settings) -> tuple[int, float]:
    """Compare the candidate as it is, which ends the validation; returns the build and seconds."""
    with connect(settings, Role.PUBLISHER) as connection:
        build_id = scalar(
            connection,
            "insert into ops.build"
            " (last_load_id, loads, code_version, tables_version, is_full, status, switches)"
            " select last_load_id, loads, code_version, tables_version, false, 'validated',"
            " (select count(*) from ops.release_switch)"
            " from ops.build order by build_id desc limit 1 returning build_id",
        )
        begin = time.perf_counter()
        store.compare(connection, store.stored_marts(connection))  # the end of the validation
    return build_id, time.perf_counter() - begin


def publish(settings: Settings, build_id: int) -> float:
    """Publish a validated build; returns seconds."""
    begin = time.perf_counter()
    publishing.publish_build(settings, build_id)
    return time.perf_counter() - begin


def occupied(settings: Settings) -> dict[str, int]:
    """Bytes of all marts in store with their indexes, rows, and rows that are dead."""
    with connect(settings, Role.PUBLISHER, autocommit=True) as connection:
        marts = store.stored_marts(connection)
        rows = sum(scalar(connection, f"select count(*) from store.{mart}") for mart in marts)
        connection.execute("select pg_stat_force_next_flush()")
        found = connection.execute(
            "select sum(pg_total_relation_size(relid)), sum(pg_indexes_size(relid)), sum(n_dead_tup)"
            " from pg_stat_user_tables where schemaname = 'store' and relname = any(%s)",
            [marts],
        ).fetchone() or (0, 0, 0)
    return {"rows": rows, "bytes": int(found[0]), "index_bytes": int(found[1]), "dead_rows": int(found[2])}


def while_a_reader_holds_a_query(settings: Settings) -> Results:
    """Publish while a query is in the midst of a mart, and ask as a new reader all the while."""
    took: list[tuple[float, float]] = []
    waited: list[float] = []
    undisturbed: list[float] = []
    beside_columns: list[float] = []
    with newcomers(settings, undisturbed):
        time.sleep(2)
    with held(settings):
        for _ in range(_HELD):
            changes.change(settings, SHARE, together=True)
            build_id, compared = validated(settings)
            with newcomers(settings, waited):
                took.append((compared, publish(settings, build_id)))
        switches = [seconds_of_rollback(settings, back) for back in (1, 0, 1, 0)]
        with newcomers(settings, beside_columns):
            cannot_add_a_column(settings)
    return {
        "held_compare_s": median([compared for compared, _ in took]),
        "held_publish_s": median([published for _, published in took]),
        "switch_s": median(switches),
        "new_reader_wait_s": round(max(waited), 3),
        "new_reader_wait_for_column_s": round(max(beside_columns), 3),
        "new_reader_undisturbed_s": round(max(undisturbed), 3),
        "new_reader_median_ms": round(1000 * median(waited), 1),
    }


def cannot_add_a_column(settings: Settings) -> None:
    """Try to publish another column of the mart that is held: readers come first."""
    with connect(settings, Role.TRANSFORMER, autocommit=True) as transformer:
        transformer.execute("alter table candidate.growth add column added numeric")
        with suppress(ReadersBlockError):
            publish(settings, validated(settings)[0])
            raise AssertionError("a column was added to a mart that was being read")
        transformer.execute("alter table candidate.growth drop column added")


@contextmanager
def held(settings: Settings) -> Iterator[None]:
    """An analyst's query that has read a part of a mart and goes on for a minute."""
    query = (
        "select count(pg_sleep(case when n = 100 then 60 else 0 end)) from"
        " (select row_number() over () as n from marts.growth) as numbered"
    )
    with connect(settings, Role.ANALYST, autocommit=True) as analyst:
        thread = threading.Thread(target=_until_cancelled, args=[analyst, query])
        thread.start()
        with connect(settings, Role.ADMIN, autocommit=True) as admin:
            sleeping = "select count(*) from pg_stat_activity where pid = %(pid)s and wait_event = 'PgSleep'"
            while not scalar(admin, sleeping, {"pid": analyst.info.backend_pid}):
                time.sleep(0.01)
        yield
        assert thread.is_alive(), "the long query was over before the measurement"
        analyst.cancel_safe()
        thread.join()


def _until_cancelled(connection: psycopg.Connection, query: str) -> None:
    try:
        connection.execute(query.encode())
    except psycopg.errors.QueryCanceled:
        return


@contextmanager
def newcomers(settings: Settings, waited: list[float]) -> Iterator[None]:
    """Connect and ask one row of a mart, again and again; seconds of each, connecting included."""
    # In a process of its own: a thread would wait for what the publisher's Python does as well.
    context = multiprocessing.get_context("spawn")
    asking, done, answers = context.Event(), context.Event(), context.SimpleQueue()
    process = context.Process(target=_ask, args=[settings, asking, done, answers])
    process.start()
    asking.wait()
    try:
        yield
    finally:
        done.set()
        waited += answers.get()
        process.join()


def _ask(settings: Settings, asking: Event, done: Event, answers: Any) -> None:
    waited: list[float] = []
    while not done.is_set():
        begin = time.perf_counter()
        with connect(settings, Role.BI_READER, autocommit=True) as reader:
            assert reader.execute("select * from marts.growth limit 1").fetchone()
        waited.append(time.perf_counter() - begin)
        asking.set()
    answers.put(waited[1:])  # the first one waits for imports


def seconds_of_rollback(settings: Settings, back: int) -> float:
    """Point to the newest release, or to one before it."""
    with connect(settings, Role.PUBLISHER) as connection:
        release_id = scalar(
            connection,
            "select release_id from ops.release order by release_id desc limit 1 offset %(n)s",
            {"n": back},
        )
    begin = time.perf_counter()
    current_release.rollback(settings, release_id, "bench")
    return time.perf_counter() - begin


def among_readers(settings: Settings, count: int, releases: int) -> dict[str, Any]:
    """Publish marts that show their release in every row among busy readers."""
    stamped.prepare(settings)
    seen, took = readers.among_releases(settings, count, releases)
    for line in [*seen.errors[:3], *seen.mixed[:3]]:
        say(line)
    return {
        "readers": count,
        "publishes": releases,
        "statements": seen.statements.total(),
        "transactions": seen.transactions.total(),
        "statements_by_kind": dict(seen.statements),
        "transactions_by_kind": dict(seen.transactions),
        "overtaken": seen.overtaken,
        "releases_seen": len(seen.releases),
        "errors": len(seen.errors),
        "mixed": len(seen.mixed),
        "publish_s": median(took),
        "slowest_publish_s": round(max(took), 3),
        "slowest_statement_s": round(seen.slowest_s, 3),
    }
