"""Write a mart to a file for people without SQL: ``textile export``."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile
from pathlib import Path
from typing import Any

import psycopg
import xlsxwriter
from psycopg import sql

from include.errors import ExportError
from include.release import pinned_reads
from include.settings import Role, Settings
from include.sources.spreadsheet import EXCEL_ROWS, csv_file, harmless
from include.warehouse import store_tables
from include.warehouse.connection import connect, scalar

_BATCH_ROWS = 10_000
# A worksheet's number has fifteen digits: from here on cents would be lost, so it is written as text.
_MAX_NUMBER = Decimal(10) ** 13
_FORMATS = {dt.datetime: "yyyy-mm-dd hh:mm:ss", dt.date: "yyyy-mm-dd"}


@dataclass(frozen=True)
class Exported:
    """What was written; all rows are of the release ``release_id``."""

    file: str
    mart: str
    release_id: int
    rows: int


def export(settings: Settings, mart: str, out: Path, release_id: int | None = None) -> Exported:
    """Write a mart, as the role analyst sees it, to ``out`` (.csv or .xlsx), a batch of rows at a time.

    ``release_id``: by default the current release. ExportError when there is no such mart or kind of file,
    NoReleaseError when there is no such release. An existing file is replaced only by a complete one.
    """
    writers = {".csv": _write_csv, ".xlsx": _write_xlsx}
    kind = out.suffix.lower()
    if kind not in writers:
        raise ExportError(
            f"{out.name}: cannot be written as {kind or 'a file without ending'}; name it .csv or .xlsx"
        )
    with connect(settings, Role.ANALYST) as connection:
        connection.execute("set transaction isolation level repeatable read, read only")
        pinned = pinned_reads.pin(connection, release_id)
        with _rows(connection, mart) as rows, _written_whole(out) as part:
            count = writers[kind](rows, [column.name for column in rows.description or ()], part)
    return Exported(str(out), mart, pinned, count)


@contextmanager
def _rows(connection: psycopg.Connection, mart: str) -> Iterator[psycopg.ServerCursor[Any]]:
    """The mart's rows in the order of their key columns, which are the first ones."""
    columns = store_tables.columns(connection, "marts", mart)
    if not columns:
        known = scalar(
            connection,
            "select string_agg(viewname, ', ' order by viewname) from pg_views where schemaname = 'marts'",
        )
        raise ExportError(f"there is no mart {mart}; there are {known}")
    keys = [c.name for c in takewhile(lambda column: column.type in ("text", "date"), columns)]
    order = sql.SQL(", ").join(map(sql.Identifier, keys or [columns[0].name]))
    with connection.cursor(name="export") as rows:
        rows.itersize = _BATCH_ROWS
        rows.execute(sql.SQL("select * from {} order by {}").format(sql.Identifier("marts", mart), order))
        yield rows


@contextmanager
def _written_whole(out: Path) -> Iterator[Path]:
    part = out.with_name(f"{out.name}.part")
    try:
        yield part
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _write_csv(rows: psycopg.ServerCursor[Any], names: list[str], out: Path) -> int:
    count = 0
    with csv_file(out, names) as writer:
        for row in rows:
            writer.writerow([_as_text(value) for value in row])
            count += 1
    return count


def _as_text(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, dt.date) else harmless(value)


def _write_xlsx(rows: psycopg.ServerCursor[Any], names: list[str], out: Path) -> int:
    """Text is always written as text: no cell becomes a formula."""
    count = 0
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        formats = {kind: book.add_format({"num_format": text}) for kind, text in _FORMATS.items()}
        sheet, height = _new_sheet(book, names), 1
        for row in rows:
            if height == EXCEL_ROWS:
                sheet, height = _new_sheet(book, names), 1
            for place, value in enumerate(row):
                _write_cell(sheet, height, place, value, formats)
            height += 1
            count += 1
    return count


def _new_sheet(book: Any, names: list[str]) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for place, name in enumerate(names):
        sheet.write_string(0, place, name)
    return sheet


def _write_cell(sheet: Any, row: int, place: int, value: Any, formats: dict[type, Any]) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif isinstance(value, dt.datetime):  # a worksheet has no time zone: the session's local time
        sheet.write_datetime(row, place, value.replace(tzinfo=None), formats[dt.datetime])
    elif isinstance(value, dt.date):
        sheet.write_datetime(row, place, value, formats[dt.date])
    elif isinstance(value, int | Decimal) and abs(Decimal(value)) < _MAX_NUMBER:
        sheet.write_number(row, place, value)
    elif value is not None:
        sheet.write_string(row, place, f"{value:f}" if isinstance(value, Decimal) else str(value))
