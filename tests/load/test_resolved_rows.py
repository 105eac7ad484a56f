"""Which load resolves a rejected row, over any order of deliveries."""

import itertools
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import MILL_A, query

from include.load import compare_with_raw, load_enterprises, load_log, merge_into_raw, quarantine
from include.load.drop_folder import Fingerprint
from include.load.load_log import FileResult
from include.settings import Role, Settings
from include.sources.contract import contract
from include.warehouse import load_table
from include.warehouse.connection import connect

# (line of the order, minute of its version, whether it is good); only a bad row's version can be unreadable
Row = tuple[int, int | None, bool]
good_rows = st.tuples(st.integers(1, 2), st.integers(0, 2), st.just(value=True))
bad_rows = st.tuples(st.integers(1, 2), st.integers(0, 2) | st.none(), st.just(value=False))
files = st.lists(good_rows | bad_rows, min_size=1, max_size=3, unique=True)
batches = st.lists(st.lists(files, min_size=1, max_size=2), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def deliver(module_warehouse: Settings) -> Callable[[list[list[list[Row]]]], None]:
    """Merge batches of files as the loader does, with given good and bad rows; loads 1, 2, ..."""
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
                    for load_id, done in merge_into_raw.merge(connection, table, loads).items():
                        quarantine.insert(connection, table, load_id, "a.csv", [], {"bad": ("坏", "bad")})
                        counts = (done.accepted + done.unchanged + done.quarantined, done.accepted)
                        results.append(
                            FileResult(load_id, "", "", "accepted", *counts, done.unchanged, done.quarantined)
                        )
                        load_log.finish(connection, results[-1])
                    quarantine.resolve(connection, table, loads)
                    load_enterprises.record(connection, table, results)
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
    # The counts by enterprise equal those of the load log.
    assert query(
        module_warehouse,
        "select load_id, accepted, unchanged, quarantined from ops.load_enterprise order by 1",
    ) == query(module_warehouse, "select load_id, accepted, unchanged, quarantined from ops.load order by 1")
