"""Find where tables begin and end in the pieces of a text file or a sheet."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import polars as pl

from include.errors import UnreadableFileError
from include.sources.counts import ReadCounts
from include.sources.lookups import fold
from include.sources.profile import Layout

MAX_COLUMNS = 1000
# Columns of every table beside the file's own.
OUR_COLUMNS = ("_line_no", "_ragged")
# Words for a total, in lower case.
TOTALS = ("合计", "总计", "小计", "共计", "合 计", "总 计", "小 计", "total", "subtotal", "grand total")


class Piece(Protocol):
    """Some rows of a text file or a sheet. Positions count bytes or rows."""

    def __len__(self) -> int:
        """The position of its end."""

    def first_row(self, start: int) -> int | None:
        """The position of the first row with content at or after ``start``."""

    def rows_with(self, words: Sequence[str], start: int) -> Iterator[tuple[int, list[str]]]:
        """Rows after ``start`` that may hold one of ``words``: position and cells."""

    def header(self, at: int, rows: int) -> tuple[list[list[str]], int] | None:
        """The cells of the ``rows`` rows at ``at``, and where they end; None when the piece ends first."""

    def table(self, start: int, end: int, names: list[str]) -> tuple[pl.DataFrame, int]:
        """Rows with content as text columns ``names``, ``_line_no`` and ``_ragged``, and where they end.

        They end before ``end`` when the last record continues in the next piece.
        """

    def count(self, start: int, end: int) -> int:
        """How many rows with content are in between."""

    def after(self, rest: Self, start: int) -> Self:
        """This piece, preceded by the rows of ``rest`` from ``start`` on."""

    def line_at(self, at: int) -> int:
        """The number of the row at ``at``."""

    def unfinished(self, at: int) -> UnreadableFileError:
        """The refusal of a record at ``at`` that never ends."""

    def raw(self, extents: Iterable[tuple[int, int | None]]) -> Iterator[str]:
        """Rows as delivered; an extent is the first line of a row and the first line of the next."""


@dataclass(frozen=True)
class TableBlock:
    """Rows of one table (text columns named by its header, ``_line_no``, ``_ragged``) and their piece.

    ``end_line`` is the number of the first line after them.
    """

    rows: pl.DataFrame
    piece: Piece
    end_line: int


def table_blocks(
    pieces: Iterable[Piece], layouts: Sequence[Layout], file_name: str, counts: ReadCounts
) -> Iterator[TableBlock]:
    """Yield the rows of the wanted tables of a file's pieces; the others are counted in ``counts``."""
    layout: Layout | None = None  # of the current table
    names: list[str] = []
    begun = False
    rest: tuple[Piece, int] | None = None
    for incoming in pieces:
        piece = incoming.after(*rest) if rest else incoming
        rest, position = None, 0
        while position < len(piece) and rest is None:
            if layout is None:
                at, coming = _next_header(piece, position, layouts, begun=begun)
                counts.skipped.update(_counted("outside of the table", piece.count(position, at)))
                position = at
                if coming is None:
                    continue
                if (header := piece.header(at, coming.header_rows)) is None:
                    rest = (piece, at)
                    continue
                layout, begun = coming, True
                names, position = unique_names(joined_titles(header[0]), file_name), header[1]
            else:
                end = _end_of_table(piece, position, layout, layouts)
                rows, done = piece.table(position, end, names)
                if layout.wanted:
                    yield TableBlock(rows, piece, piece.line_at(done))
                else:
                    counts.skipped.update(
                        _counted(f"table {' '.join(layout.header)} is not wanted", rows.height)
                    )
                if end == len(piece):
                    rest = (piece, done) if done < end else None
                elif done < end:
                    raise piece.unfinished(done)
                else:
                    layout = None
                position = end
    if rest and rest[0].count(rest[1], len(rest[0])):
        raise rest[0].unfinished(rest[1])
    if not begun:
        raise _no_table(layouts, file_name)


def _counted(reason: str, count: int) -> Counter[str]:
    return Counter({reason: count}) if count else Counter()


def _next_header(
    piece: Piece, start: int, layouts: Sequence[Layout], *, begun: bool
) -> tuple[int, Layout | None]:
    """Position and layout of the next table's header; the end of the piece and None when there is none."""
    if not layouts[0].header:
        at = None if begun else piece.first_row(start)
        return (len(piece), None) if at is None else (at, layouts[0])
    words = [layout.header[0] for layout in layouts]
    for at, cells in piece.rows_with(words, start):
        if found := _header_of(cells, layouts):
            return at, found
    return len(piece), None


def _end_of_table(piece: Piece, start: int, layout: Layout, layouts: Sequence[Layout]) -> int:
    """The end of the table at ``start``: a stop, the next header, or the end of the piece."""
    words = [*layout.stop, *(other.header[0] for other in layouts if other.header)]
    if words:
        for at, cells in piece.rows_with(words, start):
            first = next((cell.strip() for cell in cells if cell.strip()), "")
            if _stops(first, layout.stop) or _header_of(cells, layouts):
                return at
    return len(piece)


def _stops(first: str, words: Sequence[str]) -> bool:
    """Whether a row's first filled cell is a stop word, alone or before a mark or a number."""
    rests = [first[len(word) :].strip() for word in words if fold(first).startswith(fold(word))]
    return any(not rest or rest[0].isdigit() or not rest[0].isalnum() for rest in rests)


def _header_of(cells: list[str], layouts: Sequence[Layout]) -> Layout | None:
    present = {fold(cell) for cell in cells}
    return next((x for x in layouts if x.header and present >= set(map(fold, x.header))), None)


def joined_titles(rows: list[list[str]]) -> list[str]:
    """One name per column: a title merged over several columns precedes each of their names."""
    *titles, names = rows
    width = max(map(len, rows))
    parts: list[list[str]] = [[] for _ in range(width)]
    for row in titles:
        title = ""
        for column in range(width):
            title = (row[column].strip() if column < len(row) else "") or title
            parts[column].append(title)
    for column, name in enumerate(names):
        parts[column].append(name.strip())
    return [" ".join(dict.fromkeys(filter(None, part))) for part in parts]


def unique_names(header: list[str], file_name: str) -> list[str]:
    """The header's names; columns without a name get one, and a name used twice is refused."""
    if len(header) > MAX_COLUMNS:
        raise UnreadableFileError(
            "header_too_wide",
            f"{file_name}: the header has {len(header):,} columns, more than {MAX_COLUMNS:,}: is it a table?",
        )
    names = [name.strip().removeprefix("\ufeff") or f"_column_{i}" for i, name in enumerate(header, 1)]
    names = [f"{name}_" if name in OUR_COLUMNS else name for name in names]
    uses = Counter(map(fold, names))
    if twice := sorted({name for name in names if uses[fold(name)] > 1}):
        raise UnreadableFileError(
            "header_ambiguous", f"{file_name}: two columns are headed {', '.join(twice)}"
        )
    return names


def _no_table(layouts: Sequence[Layout], file_name: str) -> UnreadableFileError:
    if not layouts[0].header:
        return UnreadableFileError(
            "file_empty", f"{file_name}: the file has no line; deliver it again with content"
        )
    wanted = " or ".join(", ".join(layout.header) for layout in layouts)
    return UnreadableFileError(
        "header_missing",
        f"{file_name}: no row holds the words of the profile's header ({wanted}); is it another file, or "
        "does the profile need other words?",
    )
