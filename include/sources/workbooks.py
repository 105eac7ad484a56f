"""Read workbooks (XLSX, XLS, ODS) as text with their row numbers.

Every cell becomes its displayed text: numbers with the 15 digits a spreadsheet stores, dates as ISO 8601. A
number of more than 15 digits has lost the others; it becomes ``3.1012E+17``, as displayed, which is not read
as a code or an amount.
"""

import datetime as dt
import io
import itertools
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from include.errors import UnreadableFileError
from include.sources.containers import DAMAGE, Part
from include.sources.counts import ReadCounts
from include.sources.lookups import fold
from include.sources.profile import Profile

MAX_UNPACKED_BYTES = 2 * 1024**3
MAX_UNPACK_RATIO = 200
_SMALL_BYTES = 64 * 1024**2
_ROWS = 100_000
_SEARCHED_ROWS = 100
_CHUNK = 1024 * 1024
_EXACT = 1e15  # above it a spreadsheet's number is not exact
# A formula without a result in the file; formulas are not calculated here.
_UNCALCULATED = re.compile(rb'<c r="([A-Z]+\d+)"[^>]*><f[^>]*?(?:/>|>[^<]*</f>)(?:<v></v>|<v/>)?</c>')


@dataclass(frozen=True)
class SheetPiece:
    """Rows of a sheet: text columns ``c0``, ``c1`` ... and ``_line_no``; see tables.Piece."""

    cells: pl.DataFrame
    file_name: str

    def __len__(self) -> int:
        """The number of its rows."""
        return self.cells.height

    def first_row(self, start: int) -> int | None:
        """Every row here has content."""
        return start if start < self.cells.height else None

    def rows_with(self, words: Sequence[str], start: int) -> Iterator[tuple[int, list[str]]]:
        """Rows of which a cell holds one of ``words``."""
        holds = pl.any_horizontal(
            pl.col(name).str.contains_any(list(words), ascii_case_insensitive=True)
            for name in self._columns()
        ).fill_null(value=False)
        for at in self.cells[start:].select(pl.arg_where(holds)).to_series():
            yield start + at, [cell or "" for cell in self._row(start + at)]

    def header(self, at: int, rows: int) -> tuple[list[list[str]], int] | None:
        """The cells of ``rows`` rows without the empty ones at their ends."""
        if at + rows > len(self):
            return None
        return [[cell or "" for cell in self._row(at + n)] for n in range(rows)], at + rows

    def table(self, start: int, end: int, names: list[str]) -> tuple[pl.DataFrame, int]:
        """The rows in between under the header's names; a cell beyond the header makes its row ragged."""
        part = self.cells[start:end]
        columns = self._columns()
        beyond = [pl.col(name).is_not_null() for name in columns[len(names) :]]
        ragged = pl.any_horizontal(beyond) if beyond else pl.lit(value=False)
        missing = [pl.lit(None, dtype=pl.String).alias(name) for name in names[len(columns) :]]
        here = [pl.col(c).alias(name) for c, name in zip(columns, names, strict=False)]
        return part.select(*here, *missing, "_line_no", ragged.alias("_ragged")), end

    def count(self, start: int, end: int) -> int:
        """Rows in between; all have content."""
        return end - start

    def after(self, rest: "SheetPiece", start: int) -> "SheetPiece":
        """The remaining rows of the piece before, then this one."""
        return SheetPiece(pl.concat([rest.cells[start:], self.cells]), self.file_name)

    def line_at(self, at: int) -> int:
        """The number of the row at ``at``; after the last row, the next number."""
        numbers = self.cells["_line_no"]
        return int(numbers[at]) if at < len(numbers) else int(numbers[-1]) + 1

    def unfinished(self, at: int) -> UnreadableFileError:
        """The refusal of a header that the sheet ends in."""
        return UnreadableFileError(
            "header_unreadable",
            f"{self.file_name}: row {self.cells['_line_no'][at]}: the sheet ends within its header",
        )

    def raw(self, extents: Iterable[tuple[int, int | None]]) -> Iterator[str]:
        """Rows as cells separated by tabs."""
        at = {line_no: position for position, line_no in enumerate(self.cells["_line_no"])}
        for line_no, _ in extents:
            yield "\t".join(cell or "" for cell in self._row(at[line_no]))

    def _columns(self) -> list[str]:
        return [name for name in self.cells.columns if name != "_line_no"]

    def _row(self, at: int) -> tuple[str | None, ...]:
        return self.cells.select(self._columns()).row(at)


def sheets(part: Part, profile: Profile, counts: ReadCounts) -> Iterator[tuple[str, CalamineSheet]]:
    """The sheets that the profile names, by default the first visible one with content.

    The rows of others are counted as skipped. UnreadableFileError when another one has the same header, so
    that no half of a table is lost. Hidden sheets are read only if they are named.
    """
    if part.kind != "xls":
        check_archive(part, counts)
    try:
        book = CalamineWorkbook.from_filelike(
            io.BytesIO(part.path.read_bytes())
        )  # for a path it would use the suffix
        tables = [s for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
        opened = [(s, book.get_sheet_by_name(s.name)) for s in tables]
    except PasswordError as error:
        raise UnreadableFileError(
            "workbook_locked", f"{part.name}: the workbook has a password; save it without one"
        ) from error
    except CalamineError as error:
        raise _damaged(part.name, error) from error
    filled = [(s, sheet) for s, sheet in opened if sheet.height]
    if profile.sheets:
        yield from _named(part, profile.sheets, [sheet for _, sheet in opened], counts)
        return
    visible = [sheet for s, sheet in filled if s.visible == SheetVisibleEnum.Visible]
    for s, sheet in filled:
        if s.visible != SheetVisibleEnum.Visible:
            counts.skipped[f"hidden sheet {s.name}"] += sheet.height
    if not visible:
        raise UnreadableFileError(
            "file_empty", f"{part.name}: no visible sheet has content; deliver it again"
        )
    chosen, *others = visible
    for sheet in others:
        if _is_alike(sheet, chosen, profile):
            raise UnreadableFileError(
                "sheets_ambiguous",
                f"{part.name}: the sheets {chosen.name} and {sheet.name} have the same header; say in a "
                "profile which to read (sheets: all, or their names), or deliver one",
            )
        counts.skipped[f"sheet {sheet.name} is not wanted"] += sheet.height
    yield chosen.name, chosen


def _is_alike(sheet: CalamineSheet, chosen: CalamineSheet, profile: Profile) -> bool:
    """Whether a sheet has a table like the chosen one's: a row with the header's words, or its first row."""
    if not profile.layouts[0].header:
        return _first_cells(sheet) == _first_cells(chosen)
    rows = itertools.islice(sheet.iter_rows(), _SEARCHED_ROWS)
    first = ({fold(str(cell)) for cell in row} for row in rows)
    wanted = [{fold(word) for word in layout.header} for layout in profile.layouts if layout.wanted]
    return any(row >= words for row in first for words in wanted)


def _first_cells(sheet: CalamineSheet) -> list[str] | None:
    """The filled cells of the first row that has any."""
    rows = ([str(cell) for cell in row if cell != ""] for row in sheet.iter_rows())
    return next(filter(None, rows), None)


def _named(
    part: Part, wanted: tuple[str | int, ...] | str, opened: list[CalamineSheet], counts: ReadCounts
) -> Iterator[tuple[str, CalamineSheet]]:
    by_word: dict[str | int, CalamineSheet] = {sheet.name: sheet for sheet in opened}
    by_word |= dict(enumerate(opened, 1))
    words: list[str | int] = [s.name for s in opened] if isinstance(wanted, str) else list(wanted)
    for word in words:
        if word not in by_word:
            raise UnreadableFileError(
                "sheet_missing",
                f"{part.name}: there is no sheet {word!r}; it has {', '.join(s.name for s in opened)}",
            )
    chosen = [by_word[word] for word in words]
    for sheet in opened:
        if sheet.height and sheet not in chosen:
            counts.skipped[f"sheet {sheet.name} is not wanted"] += sheet.height
    yield from ((sheet.name, sheet) for sheet in chosen if sheet.height)


def pieces(
    sheet: CalamineSheet, name: str, decimal: str, counts: ReadCounts, offset: int
) -> Iterator[SheetPiece]:
    """The rows of a sheet that have content, numbered as in the sheet after ``offset``.

    ``decimal`` is the decimal mark of the profile.
    """
    rows = sheet.iter_rows()
    first = 1 + offset
    while chunk := list(itertools.islice(rows, _ROWS)):
        columns = {
            f"c{n}": _text(values, decimal, counts) for n, values in enumerate(zip(*chunk, strict=True))
        }
        cells = pl.DataFrame(columns).with_row_index("_line_no", offset=first)
        first += len(chunk)
        yield SheetPiece(cells.filter(pl.any_horizontal(pl.exclude("_line_no").is_not_null())), name)


def _text(values: tuple[Any, ...], decimal: str, counts: ReadCounts) -> pl.Series:
    """One column of cells as text; an empty cell is missing."""
    kinds = set(map(type, values))
    if kinds <= {str}:
        text = pl.Series(values, dtype=pl.String)
    elif kinds == {float}:
        text = _numbers(pl.Series(values, dtype=pl.Float64), decimal)
    else:
        text = pl.Series([cell_text(value, decimal) for value in values], dtype=pl.String)
    if text.str.contains("\0", literal=True).any():
        counts.repairs["nul_removed"] += int(text.str.count_matches("\0", literal=True).sum())
        text = text.str.replace_all("\0", "", literal=True)
    text = text.str.strip_chars()
    return text.set(text == "", None)


def _numbers(numbers: pl.Series, decimal: str) -> pl.Series:
    """As :func:`cell_text`, but column-wise for whole numbers, as most columns have."""
    if ((numbers == numbers.floor()) & (numbers.abs() < _EXACT)).all():
        return numbers.cast(pl.Int64).cast(pl.String)
    return pl.Series([_number(value, decimal) for value in numbers], dtype=pl.String)


def _number(value: float, decimal: str) -> str:
    if abs(value) >= _EXACT:
        return f"{value:.4E}"
    text = f"{value:.15g}"
    if "e" in text:  # small numbers; decimals all the same
        text = f"{value:.25f}".rstrip("0")
    return text.replace(".", decimal)


def cell_text(value: Any, decimal: str = ".") -> str:
    """The displayed text of a cell."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _number(float(value), decimal)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value)


def check_archive(part: Part, counts: ReadCounts) -> None:
    """Refuse a workbook that is damaged, unpacks to far more than a table, or has uncalculated formulas.

    The checksums are compared too, because the workbook reader does not. An archive that states a wrong size
    fails, since no more than the stated size is unpacked.
    """
    try:
        with zipfile.ZipFile(part.path) as archive:
            entries = archive.infolist()
            _refuse_bomb(part, sum(entry.file_size for entry in entries))
            for entry in entries:
                with archive.open(entry) as content:
                    _read_through(part, entry.filename, iter(partial(content.read, _CHUNK), b""), counts)
    except DAMAGE as error:
        raise _damaged(part.name, error) from error


def _read_through(part: Part, member: str, chunks: Iterable[bytes], counts: ReadCounts) -> None:
    is_sheet = member.startswith("xl/worksheets/")
    rest = b""
    for chunk in chunks:
        if not is_sheet:
            continue
        text = rest + chunk
        if errors := chunk.count(b' t="e"'):  # the workbook reader returns nothing there
            counts.repairs["error_value_is_missing"] += errors
        if b"<f" in text and (found := _UNCALCULATED.search(text)):
            raise UnreadableFileError(
                "formula_uncalculated",
                f"{part.name}: cell {found[1].decode()} of {Path(member).stem}: a formula without a result. "
                "Formulas are not calculated here: open the workbook, save it and deliver that",
            )
        rest = text[text.rfind(b"<c ") :]


def _refuse_bomb(part: Part, unpacked: int) -> None:
    ratio = unpacked / max(part.path.stat().st_size, 1)
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > _SMALL_BYTES and ratio > MAX_UNPACK_RATIO):
        raise UnreadableFileError(
            "workbook_too_large",
            f"{part.name}: unpacks to {unpacked:,} bytes ({ratio:.0f} times its size); refused unopened. "
            "Deliver fewer rows per file, or CSV",
        )


def _damaged(name: str, reason: object) -> UnreadableFileError:
    return UnreadableFileError(
        "workbook_damaged", f"{name}: not a whole workbook ({reason}); deliver it again"
    )
