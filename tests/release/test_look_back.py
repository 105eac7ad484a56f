"""Older releases: pinned by number or moment, side by side, and never two of them in one transaction."""

import psycopg
import pytest
from samples import one, query
from test_publish import CHANGED, ROWS, TWO, WIDER, publish

from include.release import current_release
from include.settings import Role, Settings
from include.warehouse import bootstrap
from include.warehouse.connection import connect, exclusive

OLD = [("changing", 1), ("same", 1)]
NEW = [("changing", 2), ("same", 1)]


@pytest.fixture
def two_releases(warehouse: Settings) -> tuple[Settings, int, int]:
    """A warehouse, its first release and its second, which readers see."""
    first, _ = publish(warehouse, TWO)
    second, _ = publish(warehouse, CHANGED)
    return warehouse, first, second


def test_a_session_can_pin_a_release(two_releases):
    settings, first, _ = two_releases
    with connect(settings, Role.BI_READER, autocommit=True) as reader:
        reader.execute(f"set textile.release = '{first}'".encode())
        publish(settings, "select 'third' as k, 3 as n")
        assert reader.execute(ROWS).fetchall() == OLD
        assert reader.execute("select release_id from marts.release_info").fetchall() == [(first,)]
        reader.execute("reset textile.release")
        assert reader.execute(ROWS).fetchall() == [("third", 3)]


def test_a_connection_can_pin_a_release(two_releases):
    settings, first, _ = two_releases
    dsn = f"{settings.dsn(Role.BI_READER)}?options=-c%20textile.release%3D{first}"
    with psycopg.connect(dsn) as reader:
        assert reader.execute(ROWS).fetchall() == OLD


def test_a_moment_shows_what_readers_saw_then_rollbacks_included(two_releases):
    settings, first, second = two_releases
    current_release.rollback(settings, first, "test")
    current_release.rollback(settings, second, "test")
    moments = query(settings, "select switched_at::text, release_id from ops.release_switch order by 1")
    assert [seen for _, seen in moments] == [first, second, first, second]
    with connect(settings, Role.ANALYST, autocommit=True) as analyst:
        for moment, seen in moments:
            analyst.execute("select set_config('textile.as_of', %s, false)", [moment])
            assert analyst.execute(ROWS).fetchall() == (OLD if seen == first else NEW)
            assert analyst.execute("select release_id from marts.release_info").fetchall() == [(seen,)]


def test_the_moment_of_a_release_is_the_first_that_shows_it(two_releases):
    settings, _, second = two_releases
    with connect(settings, Role.ANALYST) as analyst:
        analyst.execute(
            "select set_config('textile.as_of', published_at::text, false)"
            " from marts_history.release_info where is_current"
        )
        assert analyst.execute("select release_id from marts.release_info").fetchall() == [(second,)]


def test_a_cursor_from_before_the_first_other_read_gets_no_error(two_releases):
    settings, *_ = two_releases
    with connect(settings, Role.ANALYST) as analyst:
        analyst.execute(f"declare early cursor for {ROWS}")
        publish(settings, "select 'third' as k, 3 as n")
        assert analyst.execute(ROWS).fetchall() == [("third", 3)]
        assert analyst.execute("fetch all from early").fetchall() == NEW


def test_a_rollback_does_not_wait_for_a_build(two_releases):
    settings, first, _ = two_releases
    with connect(settings, Role.PUBLISHER, autocommit=True) as builder, exclusive(builder, "release"):
        current_release.rollback(settings, first, "wrong rates")
    assert query(settings, ROWS, role=Role.ANALYST) == OLD


def test_a_second_setup_of_the_warehouse_does_not_wait_for_readers(two_releases):
    settings, *_ = two_releases
    passwords = {role.value: settings.password(role) for role in Role}
    with connect(settings, Role.ANALYST) as analyst:
        analyst.execute(ROWS)
        analyst.execute("select * from marts.release_info, marts_history.release_info")
        bootstrap.apply(f"{settings.dsn(Role.ADMIN)}?options=-c%20lock_timeout%3D2s", passwords)


def test_a_view_of_an_analyst_looks_back_too(two_releases):
    settings, first, _ = two_releases
    with connect(settings, Role.ANALYST) as analyst:
        analyst.execute("create view workbench.total as select sum(n) as n from marts.sample")
        assert analyst.execute("select n from workbench.total").fetchall() == [(3,)]
        analyst.execute(f"set local textile.release = '{first}'".encode())
        assert analyst.execute("select n from workbench.total").fetchall() == [(2,)]


@pytest.mark.parametrize(
    ("pins", "complaint"),
    [
        ({"release": "99"}, "there is no release 99"),
        ({"release": "new"}, 'textile.release is the number of a release, not "new"'),
        ({"as_of": "2001-01-01"}, "there was no release yet at 2001-01-01 00:00:00"),
        ({"as_of": "2100-01-01"}, "textile.as_of is in the future: 2100-01-01 00:00:00"),
        ({"as_of": "yesterday evening"}, 'textile.as_of is a moment, not "yesterday evening"'),
        ({"as_of": "2026-02-30"}, 'textile.as_of is a moment, not "2026-02-30"'),
        ({"release": "1", "as_of": "2100-01-01"}, "both textile.release and textile.as_of are set"),
    ],
)
def test_a_pin_that_cannot_be_followed_is_an_error_not_an_empty_mart(two_releases, pins, complaint):
    settings, *_ = two_releases
    with connect(settings, Role.ANALYST) as analyst:
        for name, value in pins.items():
            analyst.execute(f"set textile.{name} = '{value}'".encode())
        with pytest.raises(psycopg.Error, match=complaint):
            analyst.execute(ROWS)


def test_a_setting_of_the_session_cannot_replace_the_pin(two_releases):
    settings, first, _ = two_releases
    with connect(settings, Role.ANALYST, autocommit=True) as analyst:
        for forged in (str(first), f"1 {first}", "abc"):
            analyst.execute("select set_config('textile.transaction_release', %s, false)", [forged])
            assert analyst.execute(ROWS).fetchall() == NEW
        analyst.execute("set textile.as_of = '2001-01-01'")
        analyst.execute(f"set textile.transaction_as_of = '2001-01-01 is {first}'".encode())
        with pytest.raises(psycopg.Error, match="there was no release yet"):
            analyst.execute(ROWS)


def test_a_release_that_was_dropped_is_an_error_too(two_releases):
    settings, first, _ = two_releases
    query(settings, "update ops.release set dropped_at = '2026-01-31' where release_id = %s", first)
    with connect(settings, Role.ANALYST) as analyst:
        analyst.execute(f"set textile.release = '{first}'".encode())
        with pytest.raises(psycopg.Error, match=f"release {first} is no longer kept: it was dropped on"):
            analyst.execute(ROWS)


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
def test_two_reads_of_one_transaction_are_of_one_release(two_releases, isolation):
    settings, *_ = two_releases
    with psycopg.connect(settings.dsn(Role.ANALYST)) as analyst:
        analyst.execute(f"set transaction isolation level {isolation}".encode())
        assert analyst.execute(ROWS).fetchall() == NEW
        third, _ = publish(settings, "select 'third' as k, 3 as n")
        info = "select release_id from marts.release_info"
        assert (analyst.execute(ROWS).fetchall(), analyst.execute(info).fetchone()) == (NEW, (third - 1,))
        analyst.commit()
        assert (analyst.execute(ROWS).fetchall(), analyst.execute(info).fetchone()) == (
            [("third", 3)],
            (third,),
        )


def test_a_transaction_reads_again_what_it_read_after_an_error_and_a_savepoint(two_releases):
    settings, *_ = two_releases
    with psycopg.connect(settings.dsn(Role.ANALYST)) as analyst:
        assert analyst.execute(ROWS).fetchall() == NEW
        with pytest.raises(psycopg.Error), analyst.transaction():
            analyst.execute("select 1 / 0 from marts.sample")
        publish(settings, "select 'third' as k, 3 as n")
        assert analyst.execute(ROWS).fetchall() == NEW


def test_history_shows_every_release_side_by_side(two_releases):
    settings, first, second = two_releases
    publish(settings, WIDER)
    with connect(settings, Role.BI_READER) as reader:
        cursor = reader.execute("select * from marts_history.sample order by release_id, k")
        assert [column.name for column in cursor.description or ()] == ["release_id", "k", "n", "flag"]
        assert [(row[0], *row[1:3]) for row in cursor] == [
            (release_id, *row)
            for release_id, rows in ((first, OLD), (second, NEW), (second + 1, NEW))
            for row in rows
        ]
        kept = reader.execute(
            "select release_id, is_current from marts_history.release_info order by 1"
        ).fetchall()
        assert kept == [(first, False), (second, False), (second + 1, True)]


def test_history_of_a_restricted_mart_is_restricted(warehouse):
    publish(warehouse, TWO, restricted=True)
    may = "select has_table_privilege('{}', 'marts_history.sample', 'select')"
    assert [one(warehouse, may.format(role)) for role in ("analyst", "bi_reader")] == [True, False]
