"""What the retention rules drop and keep, and that every table is vacuumed."""

import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from samples import MILL_A, items, load, one, order, query, write

from include.errors import ExplainError, PublishError
from include.maintenance import housekeeping
from include.release import change_log, current_release, store
from include.settings import Role, Settings
from include.warehouse.connection import connect

NOW = datetime(2026, 3, 20, tzinfo=UTC)
TABLES = "select schemaname, relname from pg_stat_user_tables where schemaname = any(%s)"


def publish(settings: Settings, day: str, value: int, final_through: str | None = None) -> int:
    """A release of ``marts.sample``: a row that never changes and one that is ``value``."""
    with connect(settings, Role.TRANSFORMER) as connection:
        connection.execute("drop table if exists candidate.sample")
        connection.execute(
            "create table candidate.sample as"
            " select * from (values ('same', 0), ('changing', %s)) as v (k, n)",
            [value],
        )
    with connect(settings, Role.PUBLISHER, autocommit=True) as connection, connection.transaction():
        (release_id,) = connection.execute(
            "with b as (insert into ops.build (last_load_id, loads, code_version)"
            " values (1, 1, 'x') returning build_id)"
            " insert into ops.release"
            " (build_id, final_through, last_load_id, loads, code_version)"
            " select build_id, %s, 1, 1, 'x' from b returning release_id",
            [final_through],
        ).fetchone() or (0,)
        store.compare(connection, ["sample"])
        store.merge(connection, "sample", release_id)
        store.create_views(connection, "sample", restricted=False)
        store.set_current(connection, release_id, "tester", "test")
    query(settings, "update ops.release_switch set switched_at = %s where release_id = %s", day, release_id)
    query(settings, "update ops.release set published_at = %s where release_id = %s", day, release_id)
    return int(release_id)


def visible_rows(settings: Settings, release_id: int | None = None) -> list[tuple[str, int]]:
    """What an analyst sees of a release."""
    with connect(settings, Role.ANALYST) as connection:
        if release_id:
            connection.execute(f"set textile.release = '{release_id}'".encode())
        return connection.execute("select k, n from marts.sample order by k").fetchall()


@pytest.fixture
def published(warehouse: Settings) -> list[int]:
    """Two in January, two in February (one while it is still January in UTC), one in March."""
    days = ["2026-01-10", "2026-01-31 12:00+8", "2026-01-31 23:30+0", "2026-02-10", "2026-03-01"]
    return [publish(warehouse, day, number) for number, day in enumerate(days, 1)]


def test_drops_old_releases_but_the_last_of_each_month(warehouse, published):
    january, january_end, february, february_end, march = published
    before = {number: visible_rows(warehouse, number) for number in published}
    assert housekeeping.drop_releases(warehouse, NOW) == [january, february]
    for kept in (january_end, february_end, march):
        assert visible_rows(warehouse, kept) == before[kept] == [("changing", kept), ("same", 0)]
    assert visible_rows(warehouse) == before[march]
    assert query(warehouse, "select n from store.sample order by n") == [(0,), (2,), (4,), (5,)]
    assert housekeeping.drop_releases(warehouse, NOW) == []


def test_a_dropped_release_cannot_be_read_and_cannot_come_back(warehouse, published):
    housekeeping.drop_releases(warehouse, NOW)
    with pytest.raises(psycopg.Error, match="is no longer kept: it was dropped on 2026-03-20"):
        visible_rows(warehouse, published[0])
    with pytest.raises(PublishError, match="dropped by the retention rule on 2026-03-20"):
        current_release.rollback(warehouse, published[0], "test")
    with pytest.raises(ExplainError, match="is no longer kept"):
        change_log.diff(warehouse, published[0], published[1])
    assert [r["release_id"] for r in current_release.list_all(warehouse) if r["dropped_at"]] == [3, 1]
    assert visible_rows(warehouse) == [("changing", 5), ("same", 0)]


def test_keeps_the_current_release_however_old(warehouse, published):
    current_release.rollback(warehouse, published[0], "test")
    assert housekeeping.drop_releases(warehouse, NOW) == [published[2]]
    assert visible_rows(warehouse) == [("changing", 1), ("same", 0)]


def test_keeps_everything_of_the_last_thirty_days(warehouse, published):
    assert housekeeping.drop_releases(warehouse, datetime(2026, 2, 1, tzinfo=UTC)) == []


def test_month_ends_and_first_final_releases_are_kept(warehouse):
    """The first that shows a month as final is kept, not the later ones that show it too."""
    days = {
        "2020-05-04": None,
        "2020-05-05": "2018-12-01",
        "2020-05-06": "2018-12-01",
        "2020-05-29": "2018-12-01",
        "2020-07-01": "2019-12-01",
        # A load removes lines, so the month is not final, and later final again.
        "2020-07-02": "2018-12-01",
        "2020-07-03": "2019-12-01",
        "2020-07-30": "2019-12-01",
        "2020-07-31": "2019-12-01",
    }
    for number, (day, final) in enumerate(days.items(), 1):
        publish(warehouse, day, number, final)
    assert {r["release_id"]: r["kept_as"] for r in current_release.list_all(warehouse)} == {
        **dict.fromkeys((1, 3, 6, 7, 8), ""),
        2: "final",
        4: "month end",
        5: "final",
        9: "current, newest, recent, month end",
    }
    assert housekeeping.drop_releases(warehouse, datetime(2023, 5, 28, tzinfo=UTC)) == [1, 3, 6, 7, 8]
    assert housekeeping.drop_releases(warehouse, datetime(2063, 1, 1, tzinfo=UTC)) == []
    assert {r["release_id"] for r in current_release.list_all(warehouse) if r["dropped_at"]} == {
        1,
        3,
        6,
        7,
        8,
    }
    assert [visible_rows(warehouse, kept)[0] for kept in (2, 4, 5, 9)] == [
        ("changing", 2),
        ("changing", 4),
        ("changing", 5),
        ("changing", 9),
    ]


def test_a_rolled_back_release_is_no_month_end_and_not_final(warehouse):
    """Readers saw release 1 at the end of January, and the final year first, for good, in release 4."""
    publish(warehouse, "2026-01-30", 1)
    publish(warehouse, "2026-01-31 08:00+8", 2)
    publish(warehouse, "2026-01-31 20:00+8", 3, "2024-12-01")
    current_release.rollback(warehouse, 1, "wrong rates")
    latest = "(select max(switched_at) from ops.release_switch)"
    back = "update ops.release_switch set switched_at = '2026-01-31 21:00+8' where switched_at = "
    query(warehouse, back + latest)
    publish(warehouse, "2026-03-10", 4, "2024-12-01")
    publish(warehouse, "2026-03-11", 5, "2024-12-01")
    assert housekeeping.drop_releases(warehouse, datetime(2026, 4, 30, tzinfo=UTC)) == [2, 3]
    kept = {r["release_id"]: r["kept_as"] for r in current_release.list_all(warehouse) if not r["dropped_at"]}
    assert kept == {1: "month end", 4: "final", 5: "current, newest, recent, month end"}


def test_a_reader_of_a_dropped_release_can_finish_and_no_one_waits(warehouse, published):
    old = published[0]
    with connect(warehouse, Role.ANALYST) as reader:
        reader.execute("set transaction isolation level repeatable read")
        reader.execute(f"set local textile.release = '{old}'".encode())
        rows = reader.execute("select k, n from marts.sample order by k").fetchall()
        assert rows == [("changing", old), ("same", 0)]
        # Half read: its portal is open while the rows are deleted.
        half = reader.cursor("half")
        half.execute("select k, n from marts.sample order by k")
        assert half.fetchone() == rows[0]

        began = time.monotonic()
        assert old in housekeeping.drop_releases(warehouse, NOW)
        assert time.monotonic() - began < 3, "it did not wait for the reader"
        assert query(warehouse, "select n from store.sample order by n") == [(0,), (2,), (4,), (5,)]

        assert half.fetchall() == rows[1:]
        reader.execute("set local statement_timeout = '1s'")
        assert reader.execute("select k, n from marts.sample order by k").fetchall() == rows
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="no longer kept"):
            visible_rows(warehouse, old)


def test_the_next_run_deletes_what_a_killed_run_left(warehouse, published, monkeypatch):
    """It ends after the release is marked and before its rows are deleted: no reader sees a part of it."""
    before = query(warehouse, "select n from store.sample order by n")

    def killed(*_: object) -> int:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(store, "delete_unused_rows", killed)
        with pytest.raises(ConnectionError):
            housekeeping.drop_releases(warehouse, NOW)
    assert query(warehouse, "select n from store.sample order by n") == before
    for gone in (published[0], published[2]):
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="no longer kept"):
            visible_rows(warehouse, gone)
    assert visible_rows(warehouse, published[1]) == [("changing", 2), ("same", 0)]
    assert housekeeping.drop_releases(warehouse, NOW) == []
    assert query(warehouse, "select n from store.sample order by n") == [(0,), (2,), (4,), (5,)]


@pytest.fixture
def loaded(warehouse: Settings, tmp_path) -> Settings:
    """A warehouse with an accepted file, a refused one and a quarantined row."""
    good = write(tmp_path / "good.csv", [order(行号=str(n)) for n in range(1, 20)] + [order(行号="0")])
    bad = write(tmp_path / "bad.csv", [order(统一社会信用代码=MILL_A[:-1] + "X")])
    results = load(warehouse, "enterprise_orders", good, bad)
    assert [r.status for r in results] == ["accepted", "refused"]
    return warehouse


def test_old_files_and_results_are_dropped_but_loads_and_quarantine_are_kept(loaded, messages):
    kept = query(loaded, "select * from ops.load"), query(loaded, "select * from ops.quarantine")
    assert all(kept)
    now = datetime.now(UTC)
    assert set(housekeeping.drop_expired(loaded, now).values()) == {0}
    rules = one(loaded, "select count(*) from ops.validation_result")
    assert rules

    gone = housekeeping.drop_expired(loaded, now + timedelta(days=housekeeping.DATA_DOCS_DAYS + 1))
    assert (gone["data_docs"], gone["validation_results"], gone["archived_files"]) == (1, 0, 0)
    gone = housekeeping.drop_expired(loaded, now + timedelta(days=housekeeping.ARCHIVE_DAYS + 1))
    assert (gone["validation_results"], gone["archived_files"], gone["refused_rows"]) == (rules, 3, 1)
    assert not [path for path in (loaded.home / "archive").rglob("*") if path.is_file()]
    assert kept == (query(loaded, "select * from ops.load"), query(loaded, "select * from ops.quarantine"))
    assert "archived_files: 3 dropped" in messages


def test_a_first_load_after_maintenance_is_not_slow(warehouse, tmp_path):
    """PostgreSQL plans for an analyzed empty table as if it stayed empty: a scan of it for every new row."""
    housekeeping.vacuum(warehouse)
    load(warehouse, "customs_exports", write(tmp_path / "items.csv", items(2000)))
    # One read per row written; with a scan for each there would be twenty times as many.
    visits = "select heap_blks_hit from pg_statio_user_tables where relid = 'raw.customs_exports'::regclass"
    assert one(warehouse, visits) < 5000


def test_vacuums_every_table(warehouse, tmp_path):
    load(warehouse, "customs_exports", write(tmp_path / "a.csv", items(3)))
    publish(warehouse, "2026-03-01", 1)
    housekeeping.vacuum(warehouse)
    tended = "last_vacuum is not null and last_analyze is not null"
    schemas = ["raw", "ops", "store"]
    every = query(warehouse, TABLES, schemas)
    assert ("raw", "customs_exports_history") in every
    # store.current_release belongs to the superuser.
    assert set(every) - set(query(warehouse, f"{TABLES} and {tended}", schemas)) == {
        ("store", "current_release")
    }
