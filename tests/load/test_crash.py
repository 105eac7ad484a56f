"""Killed and concurrent processes: real ones, stopped at a known point by a lock."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from samples import (
    business_state,
    environment,
    items,
    load,
    one,
    order,
    orders,
    query,
    warehouse_state,
    write,
)

from include.release import publishing
from include.settings import Role, Settings

LOAD_TABLES = "select 'load.' || relname from pg_class where relnamespace = 'load'::regnamespace"
BLOCKED = (
    "select count(*) > 0 from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock' and usename = %s"
)
GOOD = [*orders(8), order(行号="0")]
# Where the loader is stopped: the lock it waits for, and the status of its load afterwards.
POINTS = {
    "before its load is recorded": ("lock table ops.load in exclusive mode", []),
    "inserting rows into raw": ("lock table raw.enterprise_orders in share mode", ["crashed"]),
    "writing the quarantine": ("lock table ops.quarantine in share mode", ["crashed"]),
}


def start(settings: Settings, *arguments: str | Path) -> subprocess.Popen[str]:
    """Start a command in its own process."""
    return subprocess.Popen(
        [Path(sys.executable).with_name("textile"), *arguments],
        env={**os.environ, **environment(settings)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def wait_until(settings: Settings, condition: str, *values: str) -> None:
    """Wait until the query returns true."""
    end = time.monotonic() + 60
    while not one(settings, condition, *values):
        assert time.monotonic() < end, f"never true: {condition}"
        time.sleep(0.02)


@contextmanager
def held(settings: Settings, lock: str) -> Iterator[None]:
    """Hold a lock that stops other processes."""
    with psycopg.connect(settings.dsn(Role.ADMIN)) as connection:
        connection.execute(lock.encode())
        yield
        connection.rollback()


def kill(settings: Settings, process: subprocess.Popen[str]) -> None:
    """Kill a process and wait for its end."""
    process.kill()
    process.wait()
    assert process.stdout
    process.stdout.close()


def wait_for_orphans(settings: Settings) -> None:
    """Wait until the server processes of killed clients have ended."""
    wait_until(
        settings,
        "select count(*) = 0 from pg_stat_activity where datname = current_database()"
        " and usename = any(array['loader', 'transformer', 'publisher'])",
    )


def drop_file(settings: Settings) -> Path:
    """Write a file into the drop folder, with one row to reject."""
    return write(settings.landing_dir / "enterprise_orders" / "a.csv", GOOD)


@pytest.fixture(scope="module")
def clean(new_warehouse: Callable[..., Settings]) -> list[str]:
    """The state after one uninterrupted load of the file."""
    settings = new_warehouse()
    load(settings, "enterprise_orders", drop_file(settings))
    return business_state(settings, "enterprise_orders")


def check_one_clean_load(settings: Settings, clean: list[str]) -> None:
    assert business_state(settings, "enterprise_orders") == clean
    assert one(settings, "select count(*) from ops.quarantine") == 1
    assert one(settings, "select count(*) from ops.load where status = 'accepted'") == 1
    assert query(settings, LOAD_TABLES) == []
    archived = settings.home / "archive" / "enterprise_orders" / "accepted"
    assert [path.name[13:] for path in archived.iterdir()] == ["a.csv"]
    assert list((settings.landing_dir / "enterprise_orders").iterdir()) == []


@pytest.mark.parametrize("point", POINTS)
def test_a_loader_killed_before_its_verdict_leaves_nothing(warehouse, clean, point):
    path, before = drop_file(warehouse), warehouse_state(warehouse)
    lock, opened = POINTS[point]
    with held(warehouse, lock):
        process = start(warehouse, "load", "enterprise_orders", path)
        wait_until(warehouse, BLOCKED, "loader")
        kill(warehouse, process)
    wait_for_orphans(warehouse)
    assert warehouse_state(warehouse) == before
    (result,) = load(warehouse, "enterprise_orders", path)
    assert (result.status, result.accepted, result.quarantined) == ("accepted", 8, 1)
    statuses = [status for (status,) in query(warehouse, "select status from ops.load order by load_id")]
    assert statuses == [*opened, "accepted"]
    check_one_clean_load(warehouse, clean)


def test_the_statement_of_a_killed_process_ends_by_itself(warehouse):
    """Otherwise the next run would wait for its locks."""
    path = drop_file(warehouse)
    with held(warehouse, "lock table raw.enterprise_orders in share mode"):
        process = start(warehouse, "load", "enterprise_orders", path)
        wait_until(warehouse, BLOCKED, "loader")
        kill(warehouse, process)
        wait_for_orphans(warehouse)
    watched = "select rolname from pg_roles where rolconfig::text ~ 'client_connection_check' order by 1"
    assert query(warehouse, watched) == [("loader",), ("publisher",), ("transformer",)]


def test_a_loader_killed_after_its_verdict_has_loaded(warehouse, clean):
    path = drop_file(warehouse)
    process = start(warehouse, "load", "enterprise_orders", path)
    wait_until(warehouse, f"select count(*) >= 4 from ({LOAD_TABLES}) as t")
    # A reader of the load table delays only its removal.
    with held(warehouse, f"lock table {query(warehouse, LOAD_TABLES)[0][0]} in access share mode"):
        wait_until(warehouse, "select count(*) > 0 from ops.load where status = 'accepted'")
        wait_until(warehouse, BLOCKED, "loader")
        kill(warehouse, process)
    wait_for_orphans(warehouse)
    assert path.exists()
    (result,) = load(warehouse, "enterprise_orders", path)
    assert result.status == "duplicate"
    assert not path.exists()
    assert len(list((warehouse.home / "archive" / "enterprise_orders").rglob("*_a.csv"))) == 1
    assert business_state(warehouse, "enterprise_orders") == clean
    assert one(warehouse, "select count(*) from ops.quarantine") == 1
    assert query(warehouse, LOAD_TABLES) == []
    assert query(warehouse, "select status from ops.load") == [("accepted",)]


def results_of(process: subprocess.Popen[str]) -> list[str]:
    output, _ = process.communicate(timeout=60)
    return [file["status"] for file in json.loads(output.splitlines()[-1])["files"]]


def test_concurrent_loaders_run_one_after_the_other(warehouse, tmp_path):
    same = write(tmp_path / "same.csv", orders(5))
    other = write(tmp_path / "other.csv", orders(5, 订单号="SO-2"))
    declared = write(tmp_path / "declared.csv", items(5))
    # All are ready to begin when the lock is released.
    with held(warehouse, "lock table ops.load in exclusive mode"):
        calls = [
            *[("enterprise_orders", path) for path in (same, same, other)],
            ("customs_exports", declared),
        ]
        processes = [start(warehouse, "load", *call, "--json") for call in calls]
        wait_until(
            warehouse,
            "select count(*) = 4 from pg_stat_activity where datname = current_database()"
            " and wait_event_type = 'Lock' and usename = 'loader'",
        )
    (first,), (second,), *others = (results_of(process) for process in processes)
    assert sorted([first, second]) == ["accepted", "duplicate"]
    assert others == [["accepted"], ["accepted"]]
    assert one(warehouse, "select count(*) from raw.enterprise_orders") == 10
    assert one(warehouse, "select count(*) from raw.customs_exports") == 5
    assert one(warehouse, "select count(*) from ops.load") == 3
    assert query(warehouse, LOAD_TABLES) == []


VISIBLE = """
    select r.release_id, r.data_cutoff, s.total, s.shares, g.rows
    from marts.release_info as r,
        (select sum(value_cny) as total, sum(share) as shares from marts.market_share) as s,
        (select count(*) as rows from marts.growth) as g
"""


@contextmanager
def reader(settings: Settings) -> Iterator[set[tuple[object, ...]]]:
    """An analyst who reads all the time; yields everything that was visible."""
    visible: set[tuple[object, ...]] = set()
    done = threading.Event()

    def read_all() -> None:
        with psycopg.connect(settings.dsn(Role.ANALYST), autocommit=True) as connection:
            while not done.is_set():
                visible.update(connection.execute(VISIBLE).fetchall())
                time.sleep(0.01)

    thread = threading.Thread(target=read_all)
    thread.start()
    try:
        yield visible
    finally:
        done.set()
        thread.join()


def test_a_killed_publish_changes_nothing_visible_and_can_be_repeated(new_warehouse, published, tmp_path):
    settings = new_warehouse(published)
    load(settings, "enterprise_orders", write(tmp_path / "new.csv", orders(6, 订单号="SO-9")))
    before = query(settings, VISIBLE)
    with reader(settings) as visible:
        # In the middle of dbt, with some marts built and one that cannot be replaced.
        with held(settings, "lock table candidate.growth in access share mode"):
            process = start(settings, "publish")
            wait_until(settings, BLOCKED, "transformer")
            kill(settings, process)
        wait_for_orphans(settings)
        # At the last step, with every new row written and only the current release to change.
        with held(settings, "select from store.current_release for update"):
            process = start(settings, "publish")
            wait_until(settings, BLOCKED, "publisher")
            kill(settings, process)
        wait_for_orphans(settings)
        assert query(settings, VISIBLE) == before
        statuses = query(settings, "select status from ops.build order by build_id")
        assert statuses == [("published",), ("crashed",), ("validated",)]
        assert one(settings, "select count(*) from ops.release") == 1
        assert publishing.publish(settings).status == "published"
        time.sleep(0.1)
    after = query(settings, VISIBLE)
    assert after != before
    assert visible == {*before, *after}
    assert (
        one(settings, "select count(*) from ops.build where status in ('running', 'built', 'validated')") == 0
    )
    assert (
        one(settings, "select count(*) from store.market_share where valid_from_release > %s", after[0][0])
        == 0
    )
