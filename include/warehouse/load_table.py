"""The load table: one batch of files, typed, where the gate looks and nobody else can."""

import io
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg

from include.sources.contract import Contract
from include.sources.read import Block

LOOKAHEAD_BLOCKS = 2


@dataclass(frozen=True)
class LoadTable:
    """Names of one batch's tables in schema ``load``; they are dropped when the batch is done."""

    contract: Contract
    name: str

    @property
    def rows(self) -> str:
        """The batch's rows, one per record of a file."""
        return f"load.{self.name}"

    @property
    def rejects(self) -> str:
        """(_load_id, _line_no, rule) for every row and rule it breaks."""
        return f"load.{self.name}_rejects"

    @property
    def files(self) -> str:
        """One row per file, for the file rules."""
        return f"load.{self.name}_files"


def create(connection: psycopg.Connection, contract: Contract, first_load_id: int) -> LoadTable:
    """Create an empty load table for a batch that begins with ``first_load_id``."""
    table = LoadTable(contract, f"{contract.source}__{first_load_id}")
    columns = ", ".join(f"{c.name} {c.postgres_type}" for c in contract.columns)
    connection.execute(
        f"create unlogged table {table.rows} (_load_id bigint not null, _line_no bigint not null,"
        " _delivered_on date not null default current_date, _findings text, _extra jsonb,"
        f" _repeats boolean not null default false, _verdict text, {columns})"
    )
    connection.execute(
        f"create unlogged table {table.rejects}"
        " (_load_id bigint, _line_no bigint, rule text, column_name text)"
    )
    connection.execute(
        f"create unlogged table {table.files} (load_id bigint, rows_in bigint, rejected_rows bigint,"
        " rejected_share numeric, unvouched_download_rows bigint)"
    )
    return table


def finish(connection: psycopg.Connection, table: LoadTable) -> None:
    """Once all files of the batch are in: mark the rows whose key stands there more than once."""
    key = ", ".join(table.contract.key)
    if table.contract.slice:  # slices are compared key by key
        connection.execute(f"create index on {table.rows} ({key})")
    connection.execute(f"analyze {table.rows} (_load_id, _line_no, {key})")
    # Equal keys have equal hashes, and integers are grouped at a third of the cost of the keys themselves. A
    # chance meeting of two hashes marks rows in vain, which costs them a closer look and nothing else.
    key_hash = "0"
    for column in table.contract.key:
        key_hash = f"hashtextextended({column}::text, {key_hash})"
    connection.execute(
        f"update {table.rows} set _repeats = true where {key_hash} in"
        f" (select {key_hash} from {table.rows} group by 1 having count(*) > 1)"
    )


def drop(connection: psycopg.Connection, table: LoadTable) -> None:
    """Remove a batch's tables."""
    connection.execute(f"drop table if exists {table.rows}, {table.rejects}, {table.files}")


def copy_blocks(
    connection: psycopg.Connection, table: LoadTable, load_id: int, blocks: Iterable[Block]
) -> int:
    """COPY a file's blocks into the load table; returns its number of rows.

    The next block is read while the server takes the present one.
    """
    columns = [*table.contract.names, "_line_no", "_findings", "_extra"]
    count = 0
    # What is the same in every row of a file does not travel with each of them.
    connection.execute(f"alter table {table.rows} alter column _load_id set default {load_id:d}")
    with connection.cursor().copy(
        f"copy {table.rows} ({', '.join(columns)}) from stdin (format csv)"
    ) as copy:
        for rows, text in _ahead(_csv(blocks, columns)):
            copy.write(text)
            count += rows
    return count


def _csv(blocks: Iterable[Block], columns: list[str]) -> Iterator[tuple[int, bytes]]:
    for block in blocks:
        text = io.BytesIO()
        block.rows.select(columns).write_csv(text, include_header=False)
        yield block.rows.height, text.getvalue()


def _ahead(items: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Compute the next item in a thread while the present one is used (polars and libpq free the GIL)."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item
