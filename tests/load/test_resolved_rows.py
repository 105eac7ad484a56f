"""The law of (correction,) over any order of deliveries; and what a database from before it becomes."""

import itertools
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import MILL_A, load, order, orders, query, write

from include.load import compare_with_raw, load_log, merge_into_raw, quarantine, source_quality
from include.load.drop_folder import Fingerprint
from include.load.load_log import FileResult
from include.settings import Role, Settings
from include.sources.contract import contract
from include.warehouse import bootstrap, load_table
from include.warehouse.connection import connect

# (line of the order, minute of its version, whether it is good); only a bad row's version can be unreadable
Row = tuple[int, int | None, bool]
good_rows = st.tuples(st.integers(1, 2), st.integers(0, 2), st.just(value=True))
bad_rows = st.tuples(st.integers(1, 2), st.integers(0, 2) | st.none(), st.just(value=False))
files = st.lists(good_rows | bad_rows, min_size=1, max_size=3, unique=True)
batches = st.lists(st.lists(files, min_size=1, max_size=2), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def deliver(module_warehouse: Settings) -> Callable[[list[list[list[Row]]]], None]:
    """Accept batches of files as the loader does, rows being good or bad by decree; loads 1, 2, ..."""
    of = contract("enterprise_orders")
    numbers = itertools.count()

    def deliver_all(drawn: list[list[list[Row]]]) -> None:
        query(
            module_warehouse,
            "truncate ops.load, raw.enterprise_orders, raw.enterprise_orders_history"
            " restart identity cascade",
        )
        with connect(module_warehouse, Role.LOADER, autocommit=True) as connection:
            for batch in drawn:
                as_file = [Fingerprint(Path("a.csv"), str(next(numbers))) for _ in batch]
                loads = [load_log.begin(connection, of.source, None, file, None) for file in as_file]
                table = load_table.create(connection, of, loads[0])
                for load_id, file in zip(loads, batch, strict=True):
                    fill(connection, table, load_id, file)
                load_table.finish(connection, table)
                compare_with_raw.compare(connection, table, loads)
                compare_with_raw.compare(connection, table, loads)
                with connection.transaction():
                    results = []
                    for load_id, done in merge_into_raw.accept(connection, table, loads).items():
                        quarantine.keep(connection, table, load_id, "a.csv", [], {"bad": ("坏", "bad")})
                        counts = (done.accepted + done.unchanged + done.quarantined, done.accepted)
                        results.append(
                            FileResult(load_id, "", "", "accepted", *counts, done.unchanged, done.quarantined)
                        )
                        load_log.finish(connection, results[-1])
                    quarantine.resolve(connection, table, loads)
                    source_quality.note(connection, table, results)
                load_table.drop(connection, table)

    return deliver_all


def fill(connection: psycopg.Connection, table: load_table.LoadTable, load_id: int, rows: list[Row]) -> None:
    for number, (line, minute, is_good) in enumerate(rows, start=2):
        at = None if minute is None else f"2020-09-01 10:0{minute}:00"
        connection.execute(
            f"insert into {table.rows}"
            " (_load_id, _line_no, enterprise_uscc, order_no, line_no, order_date, updated_at)"
            " values (%s, %s, %s, 'A', %s, '2020-09-01', %s)".encode(),
            [load_id, number, MILL_A, line, at],
        )
        if not is_good:
            connection.execute(
                f"insert into {table.rejects} values (%s, %s, 'bad')".encode(), [load_id, number]
            )
    connection.execute(
        f"insert into {table.files} (load_id, rows_in) values ({load_id}, {len(rows)})".encode()
    )


@settings(max_examples=30, deadline=None)
@given(batches)
def test_a_row_is_resolved_by_the_first_later_load_with_its_key_in_a_version_not_older(
    module_warehouse, deliver, drawn
):
    deliver(drawn)
    sent = [
        (load_id, number, *row)
        for load_id, file in enumerate(itertools.chain(*drawn), start=1)
        for number, row in enumerate(file, start=2)
    ]
    expected = [
        (
            *(load_id, number),
            min(
                (
                    later
                    for later, _, its_line, its_minute, is_good in sent
                    if is_good and its_line == line and later > load_id and its_minute >= (minute or 0)
                ),
                default=None,
            ),
        )
        for load_id, number, line, minute, good in sent
        if not good
    ]
    found = "select load_id, line_no, resolved_by_load from ops.quarantine order by load_id, line_no"
    assert query(module_warehouse, found) == sorted(expected, key=lambda row: row[:2])
    # Whose rows they were is the same account as the load log's.
    assert query(
        module_warehouse,
        "select load_id, accepted, unchanged, quarantined from ops.load_enterprise order by 1",
    ) == query(module_warehouse, "select load_id, accepted, unchanged, quarantined from ops.load order by 1")


OLD_SCHEMA = """
create schema ops;
create table ops.load (
    load_id bigint generated always as identity primary key,
    source text not null,
    profile text,
    file_name text not null,
    kept_path text,
    sha256 text not null,
    manifest_sha256 text not null default '',
    size_bytes bigint not null,
    status text not null default 'running' check (status in ('running', 'accepted', 'refused', 'crashed')),
    rows_in bigint,
    accepted bigint,
    unchanged bigint,
    quarantined bigint,
    removed bigint,
    unknown_columns text [],
    failed_rules text [] not null default '{}',
    message text,
    docs_path text,
    run_id text,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    constraint rows_are_conserved check (
        status <> 'accepted' or rows_in = accepted + unchanged + quarantined
    )
);
create unique index load_accepted_once
on ops.load (source, sha256, manifest_sha256) where status = 'accepted';
create table ops.quarantine (
    load_id bigint not null references ops.load (load_id),
    line_no bigint not null,
    source text not null,
    file_name text not null,
    rule_codes text [] not null,
    reason_zh text not null,
    reason_en text not null,
    raw_line text,
    row_values jsonb not null,
    quarantined_at timestamptz not null default clock_timestamp(),
    primary key (load_id, line_no)
);
insert into ops.load
    (source, file_name, sha256, size_bytes, status, rows_in, accepted, unchanged, quarantined)
values ('enterprise_orders', 'old.csv', 'x', 1, 'accepted', 12, 9, 1, 2);
insert into ops.quarantine
    (load_id, line_no, source, file_name, rule_codes, reason_zh, reason_en, raw_line, row_values)
select 1, n, 'enterprise_orders', 'old.csv', '{quantity_positive}', 'zh', 'en', 'raw', jsonb_build_object(
    'enterprise_uscc', '91110000600037341L', 'order_no', 'SO-1', 'line_no', case when n = 2 then 1 end,
    'updated_at', '2020-09-01T10:30:00+08:00'
)
from generate_series(2, 3) as n;
"""


def test_a_database_from_before_is_upgraded_without_loss(new_warehouse, tmp_path):
    settings = new_warehouse()
    kept = (
        "select load_id, line_no, rule_codes, raw_line, row_values, quarantined_at"
        " from ops.quarantine order by line_no"
    )
    with psycopg.connect(settings.dsn(Role.ADMIN)) as connection:
        connection.execute("drop schema ops cascade")
        connection.execute(OLD_SCHEMA)
    before = query(settings, kept)
    passwords = {role.value: settings.password(role) for role in Role}
    for _ in range(2):
        bootstrap.apply(settings.dsn(Role.ADMIN), passwords)
    assert query(settings, kept) == before
    assert query(settings, "select row_key, resolved_by_load from ops.quarantine order by line_no") == [
        (["91110000600037341L", "SO-1", "1"], None),
        (None, None),
    ]
    assert query(settings, "select enterprise_uscc, rows_in, rows_open from ops.source_quality") == [
        (None, 12, 2)
    ]
    (correction,) = load(
        settings, "enterprise_orders", write(tmp_path / "new.csv", [*orders(9), order(行号="0")])
    )
    assert query(settings, "select load_id, line_no, resolved_by_load from ops.quarantine order by 1, 2") == [
        (1, 2, correction.load_id),
        (1, 3, None),
        (2, 11, None),
    ]
