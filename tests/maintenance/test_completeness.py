"""A warehouse that was restored only in part is detected, for every part."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from samples import load, order, query, write

from include.errors import HalfRestoredError
from include.local import postgres
from include.maintenance import housekeeping, nightly_check
from include.release import building, current_release, publishing, reference_due
from include.settings import Role, Settings
from include.warehouse.connection import connect

PARTS = {
    "builds without loads": (
        "delete from ops.build_load",
        "release 1 was made of 4 loads, and ops.build_load names 0",
    ),
    "builds of missing loads": (
        "delete from ops.load where load_id = 1",
        r"load 1 brought 0 rows, and raw.enterprise_orders has 12",
    ),
    "raw without a load's rows": (
        "delete from raw.customs_exports",
        "load 4 brought 4 rows, and raw.customs_exports has 0",
    ),
    "no rejected rows": ("delete from ops.quarantine", "load 3 brought 1 rows, and ops.quarantine has 0"),
    "no pointer": ("delete from store.current_release", "says of none that readers see it"),
    "a mart without rows": (
        "truncate store.growth",
        r"release 1 has \d+ rows in store.growth, and 0 are there",
    ),
    "a mart with another day's rows": (
        "insert into store.dim_product select * from store.dim_product limit 1",
        r"release 1 has 9 rows in store.dim_product, and 10 are there",
    ),
    "no table of a mart": ("drop table store.growth cascade", "store.growth is not there"),
    "no view of a mart": ("drop view marts.growth cascade", "marts.growth is not there"),
    "no grants": ("revoke select on marts.growth from analyst", "marts.growth cannot be read by analyst"),
    "no right to look": (
        "revoke select on ops.quarantine from loader",
        "permission denied for table quarantine",
    ),
    "no months of loads": (
        "delete from ops.load_month",
        r"load 1 changed 1 month\(s\) of raw.enterprise_orders that ops.load_month lacks",
    ),
    "no month of what a load superseded": (
        "insert into raw.enterprise_orders_history"
        " select o.*, now(), 3 from raw.enterprise_orders as o where _load_id = 1 limit 1",
        r"load 3 changed 1 month\(s\) of raw.enterprise_orders that ops.load_month lacks",
    ),
    "no table of entered rates": (
        "drop table ops.exchange_rate cascade",
        'relation "ops.exchange_rate" does not exist',
    ),
    "no log at all": ("drop table ops.load cascade", 'relation "ops.load" does not exist'),
    "no keys": ("alter table ops.load drop constraint load_pkey cascade", "ops.load has no primary key"),
}


@pytest.mark.parametrize(("statement", "found"), PARTS.values(), ids=PARTS)
def test_a_part_that_is_missing_is_named(
    new_warehouse: Callable[..., Settings], published: Settings, statement: str, found: str
) -> None:
    half = new_warehouse(published)
    with psycopg.connect(half.dsn(Role.ADMIN)) as connection:
        connection.execute("set session_replication_role = replica")  # as a restore, which creates keys last
        connection.execute(statement.encode())
    with pytest.raises(HalfRestoredError, match=f"{found}.*restore all of it as docs/backup.md says"):
        nightly_check.check(half)


def test_a_status_and_a_build_without_the_table_of_rates_say_what_to_do(
    new_warehouse: Callable[..., Settings], published: Settings
) -> None:
    half = new_warehouse(published)
    query(half, "drop table ops.exchange_rate cascade")
    says = r"ops\.exchange_rate is not there; `textile check` says what to do"
    with connect(half, Role.PUBLISHER) as connection, pytest.raises(HalfRestoredError, match=says):
        reference_due.warnings(connection)
    with pytest.raises(HalfRestoredError, match=says):
        building.build(half)


def test_a_dump_restored_into_existing_tables_is_detected(
    new_warehouse: Callable[..., Settings], published: Settings, tmp_path: Path
) -> None:
    """Foreign keys refuse ops.build_load, because the dump restores it before ops.load."""
    dump = tmp_path / "textile.dump"
    command = [postgres.program("pg_dump"), "--format=custom", f"--file={dump}", published.dsn(Role.ADMIN)]
    subprocess.run(command, check=True)
    half = new_warehouse()
    assert nightly_check.check(half) == 0
    command = [postgres.program("pg_restore"), f"--dbname={half.dsn(Role.ADMIN)}", dump]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 'COPY failed for table "build_load"' in done.stderr
    with pytest.raises(HalfRestoredError, match=r"ops\.build_load names 0"):
        nightly_check.check(half)


def test_later_releases_rollbacks_and_retention_leave_it_whole(
    new_warehouse: Callable[..., Settings], published: Settings, tmp_path: Path
) -> None:
    whole = new_warehouse(published)
    load(
        whole,
        "enterprise_orders",
        write(tmp_path / "d.csv", [order(数量="1001", 更新时间="2020-10-02 08:00:00")]),
    )
    assert publishing.publish(whole).release_id == 2
    older = write(tmp_path / "e.csv", [order(数量="999", 更新时间="2020-09-01 08:00:00")])
    (result,) = load(whole, "enterprise_orders", older)
    assert result.accepted == 1
    assert query(whole, "select from ops.load_month where load_id = %s", result.load_id) == []
    assert nightly_check.check(whole) > 0
    current_release.rollback(whole, 1, "test")
    current_release.rollback(whole, 2, "test")
    assert nightly_check.check(whole) > 0
    query(whole, "update ops.release_switch set switched_at = switched_at - interval '90 days'")
    query(whole, "update ops.release set dropped_at = now() where release_id = 1")
    housekeeping.drop_expired(whole)
    assert nightly_check.check(whole) > 0
