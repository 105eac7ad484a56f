"""Read a file the way a load does, without its gate: rows as the database types them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg.rows import dict_row
from samples import delivered

from include.settings import Role, Settings
from include.sources import read
from include.sources.contract import contract
from include.sources.counts import ReadCounts
from include.sources.profile import Profile
from include.warehouse import load_table

Rows = list[dict[str, Any]]


class Table(NamedTuple):
    rows: Rows
    unknown_columns: tuple[str, ...]
    counts: ReadCounts


@pytest.fixture(scope="module")
def connection(module_warehouse: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_warehouse.dsn(Role.LOADER), autocommit=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def read_table(connection: psycopg.Connection) -> Callable[..., Table]:
    def read_one(path: Path, source: str = "enterprise_orders", profile: Profile | None = None) -> Table:
        of, counts = contract(source), ReadCounts()
        unknown: dict[str, None] = {}

        def blocks() -> Iterator[read.Block]:
            for block in read.blocks(delivered(path, source, profile), counts):
                unknown.update(dict.fromkeys(block.unknown_columns))
                yield block

        table = load_table.create(connection, of, 1)
        try:
            with connection.transaction():
                count = load_table.copy_blocks(connection, table, 1, blocks())
            with connection.cursor(row_factory=dict_row) as cursor:
                rows = cursor.execute(
                    "select i.*, (select '|' || string_agg(mark, '|') || '|' from"
                    f" {table.findings} as f where f._line_no = i._line_no) as _findings"
                    f" from {table.rows} as i order by _line_no".encode()
                ).fetchall()
        finally:
            load_table.drop(connection, table)
        assert count == len(rows)
        return Table(rows, tuple(unknown), counts)

    return read_one
