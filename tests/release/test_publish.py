"""Publishing is atomic, visible to the next query, and blocks no reader."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from samples import contents, load, one, order, orders, query, write

from include.errors import PublishError
from include.release import building, change_log, current_release, publishing, store, validation
from include.release.approvals import login_name
from include.settings import Role, Settings
from include.warehouse.connection import connect

TWO = "select * from (values ('same', 1), ('changing', 1)) as v (k, n)"
CHANGED = "select * from (values ('same', 1), ('changing', 2)) as v (k, n)"
WIDER = "select * from (values (true, 'same', 1), (null, 'changing', 2)) as v (flag, k, n)"
ROWS = "select k, n from marts.sample order by k"


def candidate(settings: Settings, select: str) -> None:
    """Write a candidate as dbt would."""
    with connect(settings, Role.TRANSFORMER) as connection:
        connection.execute("drop table if exists candidate.sample")
        connection.execute(f"create table candidate.sample as {select}".encode())


def publish(settings: Settings, select: str, *, restricted: bool = False) -> tuple[int, dict[str, int]]:
    """Release a small mart; returns its number and what it cost in rows."""
    candidate(settings, select)
    with connect(settings, Role.PUBLISHER, autocommit=True) as connection, connection.transaction():
        connection.execute("set local lock_timeout = '3s'")
        (release_id,) = connection.execute(
            "with b as (insert into ops.build (last_load_id, loads, code_version)"
            " values (1, 1, 'x') returning build_id)"
            " insert into ops.release (build_id, last_load_id, loads, code_version)"
            " select build_id, 1, 1, 'x' from b returning release_id"
        ).fetchone() or (0,)
        store.compare(connection, ["sample"])
        cost = store.merge(connection, "sample", release_id)
        store.create_views(connection, "sample", restricted=restricted)
        store.set_current(connection, release_id, "tester", "test")
    return release_id, cost


def marts_state(settings: Settings) -> list[Any]:
    """Everything of schema marts: rows as text, and each view's identity, definition, comments and grants."""
    views = [name for (name,) in query(settings, "select viewname from pg_views where schemaname = 'marts'")]
    described = query(
        settings,
        "select oid::bigint, relname, pg_get_viewdef(oid), relacl::text, obj_description(oid, 'pg_class'),"
        " array(select attname || ' ' || format_type(atttypid, atttypmod) || coalesce(col_description(oid,"
        " attnum), '') from pg_attribute where attrelid = pg_class.oid order by attnum)"
        " from pg_class where relnamespace = 'marts'::regnamespace order by relname",
    )
    return [contents(settings, sorted(f"marts.{name}" for name in views)), described]


def test_readers_see_the_next_release_at_once(warehouse):
    publish(warehouse, TWO)
    with psycopg.connect(warehouse.dsn(Role.ANALYST), autocommit=True) as analyst:
        assert analyst.execute(ROWS).fetchall() == [("changing", 1), ("same", 1)]
        publish(warehouse, CHANGED)
        assert analyst.execute(ROWS).fetchall() == [("changing", 2), ("same", 1)]


def test_what_did_not_change_costs_nothing(warehouse):
    assert publish(warehouse, TWO)[1] == {"added": 2, "ended": 0}
    assert publish(warehouse, TWO)[1] == {"added": 0, "ended": 0}
    assert publish(warehouse, CHANGED)[1] == {"added": 1, "ended": 1}
    assert one(warehouse, "select count(*) from store.sample") == 3


def test_a_period_is_found_without_reading_all_releases(warehouse):
    dated = "select 'ytd' as kind, date '2020-01-01' as first_day, 1 as n"
    publish(warehouse, dated)
    found = "select indexdef from pg_indexes where schemaname = 'store' and indexname = 'sample_period'"
    assert one(warehouse, found).endswith(" ON store.sample USING btree (kind, first_day)")
    with connect(warehouse, Role.PUBLISHER) as connection:
        connection.execute("drop index store.sample_period")
    publish(warehouse, dated)
    assert one(warehouse, found).endswith(" (kind, first_day)")


def test_a_value_and_its_absence_are_different(warehouse):
    """Rows are compared by a hash: NULL, '' and values that run together must not be equal."""
    nothing = "null::text"
    neighbours = (
        f"{nothing}, 'a,b'",
        "'', 'a,b'",
        f"{nothing}, 'a,b'",
        "'a', 'b'",
        f"'a,b', {nothing}",
        "'a,b', ''",
    )
    for row in neighbours:
        assert publish(warehouse, f"select * from (values ({row})) as v (k, n)")[1]["added"] == 1


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
def test_an_open_transaction_and_the_publisher_do_not_wait_for_each_other(warehouse, isolation):
    publish(warehouse, TWO)
    with psycopg.connect(warehouse.dsn(Role.ANALYST)) as analyst:
        analyst.execute(f"set transaction isolation level {isolation}".encode())
        old = analyst.execute(ROWS).fetchall()
        # A publisher who had to wait for this reader would give up after three seconds.
        publish(warehouse, CHANGED)
        new = query(warehouse, ROWS, role=Role.ANALYST)
        assert (old[0], new[0]) == (("changing", 1), ("changing", 2))
        # A transaction shows one release, also where each of its statements has a snapshot of its own.
        assert analyst.execute(ROWS).fetchall() == old
        analyst.commit()
        assert analyst.execute(ROWS).fetchall() == new


def test_a_query_under_way_shows_the_release_it_began_with(warehouse):
    publish(warehouse, TWO)
    slow = f"select k, n, pg_sleep(0.4)::text from ({ROWS}) as s"
    found: list[tuple[Any, ...]] = []
    reader = threading.Thread(target=lambda: found.extend(query(warehouse, slow, role=Role.ANALYST)))
    reader.start()
    running = "select count(*) from pg_stat_activity where usename = 'analyst' and wait_event = 'PgSleep'"
    while not one(warehouse, running):
        pass
    publish(warehouse, CHANGED)
    assert reader.is_alive()
    assert query(warehouse, ROWS, role=Role.ANALYST)[0] == ("changing", 2)
    reader.join()
    assert [row[:2] for row in found] == [("changing", 1), ("same", 1)]


def test_a_view_of_an_analyst_survives_and_follows(warehouse):
    publish(warehouse, TWO)
    query(warehouse, "create view workbench.total as select sum(n) as n from marts.sample", role=Role.ANALYST)
    identity = one(warehouse, "select 'workbench.total'::regclass::oid::bigint")
    assert query(warehouse, "select n from workbench.total", role=Role.ANALYST) == [(2,)]
    publish(warehouse, CHANGED)
    publish(warehouse, WIDER)
    assert query(warehouse, "select n from workbench.total", role=Role.ANALYST) == [(3,)]
    assert one(warehouse, "select 'workbench.total'::regclass::oid::bigint") == identity


@pytest.mark.parametrize(
    ("select", "complaint"),
    [
        ("select 'same' as k", "mart sample: column n was integer and is now gone"),
        ("select 'same' as k, 1.5 as n", "mart sample: column n was integer and is now numeric"),
        ("select 'same' as k, 1 as m", "mart sample: column n was integer and is now gone"),
    ],
)
def test_a_column_that_readers_depend_on_cannot_be_removed_or_changed(warehouse, select, complaint):
    publish(warehouse, TWO)
    before = marts_state(warehouse), contents(warehouse, ["store.sample", "ops.release"])
    with pytest.raises(PublishError, match=complaint):
        publish(warehouse, select)
    assert (marts_state(warehouse), contents(warehouse, ["store.sample", "ops.release"])) == before


def test_a_mart_that_was_not_built_is_named(warehouse):
    with (
        connect(warehouse, Role.PUBLISHER) as connection,
        pytest.raises(PublishError, match="mart sample is missing in the candidate schema"),
    ):
        store.merge(connection, "sample", 1)


@pytest.mark.parametrize(
    "since",
    [
        "update candidate.sample set n = 3 where k = 'changing'",
        "delete from candidate.sample where k = 'changing'",
        "truncate candidate.sample; insert into candidate.sample values ('x', 1), ('y', 2)",
    ],
)
def test_a_candidate_that_somebody_wrote_to_since_its_validation_is_not_published(warehouse, since):
    publish(warehouse, TWO)
    candidate(warehouse, CHANGED)
    with connect(warehouse, Role.PUBLISHER) as connection:
        store.compare(connection, ["sample"])
    query(warehouse, since, role=Role.TRANSFORMER)
    before = contents(warehouse, ["store.sample"])
    with (
        connect(warehouse, Role.PUBLISHER, autocommit=True) as connection,
        pytest.raises(
            PublishError, match=r"candidate.sample is not what was validated: .* builds and validates"
        ),
        connection.transaction(),
    ):
        store.merge(connection, "sample", 2)
    assert contents(warehouse, ["store.sample"]) == before


def test_a_candidate_that_was_never_compared_is_not_published(warehouse):
    publish(warehouse, TWO)
    candidate(warehouse, CHANGED)
    with (
        connect(warehouse, Role.PUBLISHER) as connection,
        pytest.raises(PublishError, match=r"candidate.sample is not what was validated"),
    ):
        store.merge(connection, "sample", 2)


def test_a_row_that_the_validation_found_unchanged_is_not_replaced(warehouse):
    publish(warehouse, TWO)
    candidate(warehouse, CHANGED)
    with connect(warehouse, Role.PUBLISHER) as connection:
        store.compare(connection, ["sample"])
    query(warehouse, "update candidate.sample set n = 9 where k = 'same'", role=Role.TRANSFORMER)
    with connect(warehouse, Role.PUBLISHER) as connection:
        assert store.merge(connection, "sample", 2) == {"added": 1, "ended": 1}
    assert query(warehouse, "select k, n from store.sample where valid_from_release = 2") == [("changing", 2)]


def test_a_new_column_comes_last_and_old_releases_lack_it(warehouse):
    first, _ = publish(warehouse, TWO)
    publish(warehouse, WIDER)
    with connect(warehouse, Role.ANALYST) as analyst:
        cursor = analyst.execute("select * from marts.sample order by k")
        assert [column.name for column in cursor.description or ()] == ["k", "n", "flag"]
        assert cursor.fetchall() == [("changing", 2, None), ("same", 1, True)]
        analyst.execute(f"set textile.release = '{first}'".encode())
        assert analyst.execute("select * from marts.sample order by k").fetchall() == [
            ("changing", 1, None),
            ("same", 1, None),
        ]


def test_a_column_left_by_an_interrupted_publish_does_no_harm(warehouse):
    publish(warehouse, TWO)
    query(warehouse, "alter table store.sample add column flag text", role=Role.PUBLISHER)
    assert publish(warehouse, TWO)[1] == {"added": 0, "ended": 0}
    publish(warehouse, WIDER)
    assert query(warehouse, "select flag from marts.sample order by k") == [(None,), (True,)]


def test_comments_are_carried_over_and_kept_up_to_date(warehouse):
    for text in ("What it is / 说明", "It's 100 % new", None):
        candidate(warehouse, TWO)
        with connect(warehouse, Role.TRANSFORMER) as connection:
            value = psycopg.sql.Literal(text)
            for target in ("table candidate.sample", "column candidate.sample.n"):
                connection.execute(
                    psycopg.sql.SQL("comment on {} is {}").format(psycopg.sql.SQL(target), value)
                )
        with connect(warehouse, Role.PUBLISHER) as connection:
            store.compare(connection, ["sample"])
            store.merge(connection, "sample", 1)
            store.create_views(connection, "sample", restricted=False)
        assert query(
            warehouse,
            "select obj_description(v, 'pg_class'), col_description(v, 2)"
            " from (select 'marts.sample'::regclass::oid) as x (v)",
        ) == [(text, text)]


def test_who_may_read_follows_the_restriction(warehouse):
    may = (
        "select has_table_privilege('analyst', v, 'select'), has_table_privilege('bi_reader', v, 'select')"
        " from (select 'marts.sample'::regclass) as x (v)"
    )
    for restricted in (False, True, False, True):
        publish(warehouse, TWO, restricted=restricted)
        assert query(warehouse, may) == [(True, not restricted)]


def test_rollback_and_forward_again(warehouse):
    first, _ = publish(warehouse, TWO)
    second, _ = publish(warehouse, CHANGED)
    current_release.rollback(warehouse, first, "wrong rates")
    assert query(warehouse, ROWS, role=Role.BI_READER)[0] == ("changing", 1)
    assert query(warehouse, "select release_id from marts.release_info", role=Role.BI_READER) == [(first,)]
    current_release.rollback(warehouse, second, "rates were right", "Li Na")
    assert query(warehouse, ROWS, role=Role.BI_READER)[0] == ("changing", 2)
    switches = "select release_id, switched_by, reason from ops.release_switch order by switched_at"
    assert query(warehouse, switches)[2:] == [
        (first, login_name(), "wrong rates"),
        (second, "Li Na", "rates were right"),
    ]
    assert [(r["release_id"], r["is_current"]) for r in current_release.list_all(warehouse)] == [
        (second, True),
        (first, False),
    ]
    with pytest.raises(PublishError, match="a rollback needs a reason: others read it"):
        current_release.rollback(warehouse, first, " \x1b\n")
    with pytest.raises(PublishError, match="a reason of at most 500 characters; this one has 501"):
        current_release.rollback(warehouse, first, "x" * 501)
    current_release.rollback(warehouse, second, "a task of the DAG that is tried again")
    assert len(query(warehouse, switches)) == 4
    with pytest.raises(PublishError, match="there is no release 99; `textile releases` lists them"):
        current_release.rollback(warehouse, 99, "slip")


def test_a_release_after_a_rollback_is_compared_with_the_newest(warehouse):
    first, _ = publish(warehouse, TWO)
    publish(warehouse, CHANGED)
    current_release.rollback(warehouse, first, "test")
    third, cost = publish(warehouse, CHANGED)
    assert cost == {"added": 0, "ended": 0}
    assert query(warehouse, ROWS)[0] == ("changing", 2)
    assert query(warehouse, "select release_id from marts.release_info") == [(third,)]


@dataclass
class History:
    """A warehouse whose second release was refused once before it was published."""

    settings: Settings
    first: list[Any]
    after_refusal: list[Any]
    failed: list[str]
    refusal: str
    result: publishing.PublishResult


@pytest.fixture(scope="module")
def history(
    new_warehouse: Callable[..., Settings], published: Settings, tmp_path_factory: pytest.TempPathFactory
) -> History:
    settings = new_warehouse(published)
    view = "create view workbench.denim as select sum(value_cny) from marts.market_share"
    query(settings, f"{view} where product_group = 'denim' and market_level = 'group'", role=Role.ANALYST)
    first = [marts_state(settings), query(settings, "table workbench.denim")]
    more = write(tmp_path_factory.mktemp("more") / "e.csv", [order(订单号="SO-9"), *orders(3)])
    load(settings, "enterprise_orders", more)
    build_id = building.build(settings) or 0
    # An error between build and validation that columns and keys do not show.
    tampered = "update candidate.market_share set value_cny = value_cny + 0.01 where market_code = '44'"
    query(settings, tampered, role=Role.TRANSFORMER)
    failed = validation.validate(settings, build_id)
    with pytest.raises(PublishError) as refusal:
        publishing.publish_build(settings, build_id)
    after_refusal = [marts_state(settings), query(settings, "table workbench.denim")]
    with psycopg.connect(settings.dsn(Role.ANALYST)) as analyst:
        analyst.execute("select count(*) from marts.market_share")  # stays open
        result = publishing.publish(settings)
    return History(settings, first, after_refusal, failed, str(refusal.value), result)


def test_a_refused_candidate_leaves_the_marts_as_they_were(history):
    assert set(history.failed) >= {"groups_equal_their_markets"}
    assert history.refusal.startswith("build 2 is not the newest validated build (build 2 is refused)")
    assert len(history.first[0][0]["marts.market_share"]) > 0
    assert history.after_refusal == history.first
    (build,) = query(history.settings, "select status, failed_rules from ops.build where build_id = 2")
    assert build == ("refused", history.failed)
    assert one(
        history.settings, "select count(*) from ops.validation_result where build_id = 2 and not success"
    )


def test_the_next_good_release_is_published_beside_an_open_reader(history):
    assert (history.result.release_id, history.result.status) == (2, "published")
    now = marts_state(history.settings)
    rows, views = now
    assert views == history.first[0][1]
    assert rows["marts.market_share"] != history.first[0][0]["marts.market_share"]
    (before,), (after,) = history.first[1], query(history.settings, "table workbench.denim")
    assert after[0] > before[0]
    changed = {row["mart"] for row in change_log.diff(history.settings, 1, 2)}
    assert "dim_product" not in changed
    assert "market_share" in changed


def test_nothing_new_is_no_release(history):
    assert publishing.publish(history.settings).status == "unchanged"
    assert publishing.publish(history.settings).release_id == 2
    assert one(history.settings, "select count(*) from ops.build") == 3


def test_every_mart_has_a_comment_and_the_right_grants(history):
    restricted = {
        *("enterprise_mix", "dim_enterprise", "dim_enterprise_history", "order_customs_bridge"),
        *("source_quality", "source_quality_rules"),
    }
    found = query(
        history.settings,
        "select relname, obj_description(oid, 'pg_class') is not null, array(select attname from pg_attribute"
        " where attrelid = pg_class.oid and attnum > 0 and col_description(attrelid, attnum) is null),"
        " has_table_privilege('analyst', oid, 'select'), has_table_privilege('bi_reader', oid, 'select')"
        " from pg_class where relnamespace = 'marts'::regnamespace",
    )
    assert len(found) >= 9
    assert found == [(name, True, [], True, name not in restricted) for name, *_ in found]
