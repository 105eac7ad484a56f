"""The load table: one batch of files, typed, which only the loader can read."""

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl
import psycopg

from include.sources.contract import Contract
from include.sources.prefetch import prefetch
from include.sources.read import Block


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
    def findings(self) -> str:
        """(_load_id, _line_no, mark): findings of the reader and of the comparison of the batch."""
        return f"load.{self.name}_findings"

    @property
    def rejects(self) -> str:
        """(_load_id, _line_no, rule) for every row and rule it breaks."""
        return f"load.{self.name}_rejects"

    @property
    def known(self) -> str:
        """(_load_id, _line_no, is_same) of the rows whose key is in raw; see load/compare_with_raw."""
        return f"load.{self.name}_known"

    @property
    def contested(self) -> str:
        """(_load_id, _line_no) of the rows whose key has several versions; see load/compare_with_raw."""
        return f"load.{self.name}_contested"

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
        f" _extra jsonb, {columns})"
    )
    connection.execute(
        f"create unlogged table {table.findings} (_load_id bigint, _line_no bigint, mark text)"
    )
    connection.execute(f"create unlogged table {table.rejects} (_load_id bigint, _line_no bigint, rule text)")
    connection.execute(
        f"create unlogged table {table.files} (load_id bigint, rows_in bigint, largest_table bigint,"
        " rejected_rows bigint, rejected_share numeric, unconfirmed_download_rows bigint)"
    )
    return table


def finish(connection: psycopg.Connection, table: LoadTable) -> None:
    """Index and analyze the rows for the planner, after all files of the batch are copied."""
    key = ", ".join(table.contract.key)
    if table.contract.slice:  # slices are compared key by key
        connection.execute(f"create index on {table.rows} ({key})")
    connection.execute(f"analyze {table.rows} (_load_id, _line_no, {key})")


def drop(connection: psycopg.Connection, table: LoadTable) -> None:
    """Remove a batch's tables."""
    tables = (table.rows, table.findings, table.known, table.contested, table.rejects, table.files)
    connection.execute(f"drop table if exists {', '.join(tables)}")


def copy_blocks(
    connection: psycopg.Connection, table: LoadTable, load_id: int, blocks: Iterable[Block]
) -> int:
    """COPY a file's blocks into the load table; records its number of rows in ``table.files`` and returns it.

    The next block is read while the server receives the present one.
    """
    columns = [*table.contract.names, "_line_no", "_extra"]
    count = 0
    # A default, because the load_id is the same in every row of a file.
    connection.execute(f"alter table {table.rows} alter column _load_id set default {load_id:d}")
    delivered: Counter[str] = Counter()
    for block, rows, findings in prefetch(_csv(blocks, columns, load_id)):
        _copy(connection, f"{table.rows} ({', '.join(columns)})", rows)
        if findings:
            _copy(connection, f"{table.findings} (_load_id, _line_no, mark)", findings)
        count += block.rows.height
        delivered[block.place] += block.delivered
    connection.execute(
        f"insert into {table.files} (load_id, rows_in, largest_table) values (%s, %s, %s)".encode(),
        [load_id, count, max(delivered.values(), default=0)],
    )
    return count


def _copy(connection: psycopg.Connection, into: str, text: bytes) -> None:
    with connection.cursor().copy(f"copy {into} from stdin (format csv)".encode()) as copy:
        copy.write(text)


def _csv(blocks: Iterable[Block], columns: list[str], load_id: int) -> Iterator[tuple[Block, bytes, bytes]]:
    """Each block with its rows and findings as text; ``|a|b|`` of a row becomes two findings."""
    for block in blocks:
        found = block.rows.select(pl.lit(load_id), "_line_no", "_findings").drop_nulls()
        marks = found.with_columns(pl.col("_findings").str.strip_chars("|").str.split("|")).explode(
            "_findings"
        )
        yield block, _text(block.rows.select(columns)), _text(marks)


def _text(frame: pl.DataFrame) -> bytes:
    text = io.BytesIO()
    frame.write_csv(text, include_header=False)
    return text.getvalue()
