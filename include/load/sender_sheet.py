"""The file for the sender: the rejected rows with their own columns and what is wrong with each."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter

from include.errors import ContractError, QuarantineError
from include.load.rejected_rows import Row
from include.sources.contract import contract
from include.sources.lookups import fold
from include.sources.profile import profile
from include.sources.spreadsheet import EXCEL_ROWS, csv_file, harmless

_ADDED = ("退回原因", "Reason", "文件 File", "位置 Place", "已更正 Corrected")
_TEXT_AS_NUMBER = {"number_stored_as_text": f"A1:XFD{EXCEL_ROWS}"}
_CSV = (
    *("load_id", "source", "file_name", "line_no", "place", "rule_codes", "reason_zh", "reason_en"),
    *("state", "resolved_by_load", "resolved_by_file", "resolved_at", "raw_line"),
)


def write(rows: Iterable[Row], out: Path) -> int:
    """Write rejected rows as XLSX or CSV, by the name's ending; returns how many. Rows are streamed.

    QuarantineError for another ending, before anything is written.
    """
    kind = out.suffix.lower()
    if kind not in (".xlsx", ".csv"):
        raise QuarantineError(
            f"{out.name}: cannot be written as {kind or 'a file without ending'}; name it .xlsx (for the "
            "sender) or .csv"
        )
    if kind == ".csv":
        return _write_csv(rows, out)
    with out.open("wb") as file:
        return _write_xlsx(rows, file)


def _write_csv(rows: Iterable[Row], out: Path) -> int:
    count = 0
    with csv_file(out, _CSV) as writer:
        for row in rows:
            writer.writerow([harmless(_joined(row[name])) for name in _CSV])
            count += 1
    return count


def _joined(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value


def _write_xlsx(rows: Iterable[Row], file: BinaryIO) -> int:
    """One worksheet per header; every cell is text, so that no formula runs and no code loses a zero."""
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        bold, wrong = book.add_format({"bold": True}), book.add_format({"bg_color": "#FFC7CE"})
        sheets: dict[tuple[str, ...] | None, tuple[Any, int]] = {}
        count = 0
        for row in rows:
            header = None if row["cells"] is None else tuple(row["cells"])
            sheet, height = sheets.get(header, (None, EXCEL_ROWS))
            if height == EXCEL_ROWS:
                sheet, height = _new_sheet(book, header, bold), 1
            cells = row["cells"] or {"": row["raw_line"]}
            for column, text in enumerate([*_added(row), *cells.values()]):
                sheet.write_string(height, column, text or "")
            for column in _wrong_columns(row):
                sheet.write_string(height, len(_ADDED) + column, list(cells.values())[column], wrong)
            sheets[header] = sheet, height + 1
            count += 1
        if not sheets:
            _new_sheet(book, None, bold)
    return count


def _new_sheet(book: Any, header: tuple[str, ...] | None, bold: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.ignore_errors(_TEXT_AS_NUMBER)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 1, 40)
    for column, name in enumerate([*_ADDED, *(header or ("原始行 Line",))]):
        sheet.write_string(0, column, name, bold)
    return sheet


def _added(row: Row) -> tuple[str, ...]:
    resolved = ""
    if row["resolved_by_load"]:
        resolved = f"{row['resolved_by_file']} ({row['resolved_at']:%Y-%m-%d})"
    return row["reason_zh"], row["reason_en"], row["file_name"], row["place"], resolved


def _wrong_columns(row: Row) -> set[int]:
    """Positions of the cells that break a rule; a rule's code begins with its column's name."""
    if row["cells"] is None:
        return set()
    of, header = row["source"], tuple(row["cells"])
    wrong = {_column_of(of, rule) for rule in row["rule_codes"]}
    return {at for name, at in _positions(of, row["profile"], header).items() if name in wrong}


@cache
def _column_of(source: str, rule: str) -> str | None:
    names = [name for name in contract(source).names if rule.startswith(f"{name}_")]
    return max(names, key=len, default=None)  # unit_price_readable is not about the unit


@cache
def _positions(source: str, profile_name: str | None, header: tuple[str, ...]) -> dict[str, int]:
    """Canonical column -> its position in the file, for the columns that the file has."""
    try:
        mapped = profile(profile_name, source).columns if profile_name else {}
    except ContractError:  # a profile that was removed since: use the contract's own names
        mapped = {}
    at = {fold(name): position for position, name in enumerate(header)}
    return {
        column.name: at[fold(name)]
        for column in contract(source).columns
        for name in mapped.get(column.name, (*column.headers, column.name))
        if fold(name) in at
    }
