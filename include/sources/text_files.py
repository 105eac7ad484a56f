"""Read delimited text, block by block and column-wise.

A block in which every line is one row is parsed by polars, any other by the standard library's CSV reader.
Physical line numbers are stored, so that a rejected row can be found in the file.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from include.errors import UnreadableFileError
from include.sources import encodings
from include.sources.containers import Part
from include.sources.counts import ReadCounts
from include.sources.encodings import count_byte
from include.sources.prefetch import prefetch
from include.sources.profile import Profile

_PIECE_BYTES = 256 * 1024
MAX_RECORD_LINES = 100
DELIMITERS = (",", "\t", ";", "|")
_NO_CONTENT = re.compile(r'[\s,;|"]*')


@dataclass(frozen=True)
class TextPiece:
    """Whole lines of a file as UTF-8; see tables.Piece. Positions are offsets of lines' first bytes."""

    text: bytes
    first_line: int
    delimiter: str
    quote: str | None
    file_name: str

    def __len__(self) -> int:
        """The number of its bytes."""
        return len(self.text)

    def first_row(self, start: int) -> int | None:
        """The first line with content; None when there is none."""
        body = self.text[start:]
        blank = len(body) - len(body.lstrip())
        return None if blank == len(body) else start + body.rfind(b"\n", 0, blank) + 1

    def rows_with(self, words: Sequence[str], start: int) -> Iterator[tuple[int, list[str]]]:
        """Lines outside of quoted fields that have one of ``words``."""
        seen = start
        pattern = re.compile(b"|".join(re.escape(word.encode()) for word in words), re.IGNORECASE)
        quoted = self._fields_of_several_lines(start)
        field = next(quoted, None)
        for match in pattern.finditer(self.text, start):
            at = self.text.rfind(b"\n", start, match.start()) + 1 or start
            if at < seen:
                continue
            seen = self._line_after(at)
            while field and field[1] <= at:
                field = next(quoted, None)
            if not (field and field[0] < at):
                yield at, next((cells for _, _, cells in self._records([self._line(at)])), [])

    def header(self, at: int, rows: int) -> tuple[list[list[str]], int] | None:
        """The cells of ``rows`` records from ``at`` on, and the offset after them."""
        lines = self.text[at:].split(b"\n", MAX_RECORD_LINES)
        texts = [line.decode() for line in lines[:MAX_RECORD_LINES]]
        if not texts[-1]:  # after the last line end
            texts.pop()
        found: list[list[str]] = []
        for _, end, cells in self._records(texts):
            if not cells:
                raise UnreadableFileError(
                    "header_unreadable",
                    f"{self.file_name}: line {self._line_no(at)}: cannot be read as a header; export "
                    "the file again, with ordinary line ends",
                )
            found.append(cells)
            if len(found) == rows:
                return found, min(at + sum(len(line) + 1 for line in lines[:end]), len(self.text))
        if len(lines) > MAX_RECORD_LINES:
            raise self.unfinished(at)
        return None

    def table(self, start: int, end: int, names: list[str]) -> tuple[pl.DataFrame, int]:
        """The records in between as text columns ``names`` with ``_line_no``, and where the last one ends.

        Blank lines are no rows, and neither are records without any content (spreadsheets write ``,,,,``
        below a table). A record with more or fewer fields than the header becomes an empty row with
        ``_ragged`` true, because its values cannot be assigned to columns. So does a record that contains
        others between two stray quotes. A record whose quotes are still open at the end continues in the next
        piece.
        """
        body = self.text[start:end]
        line_no = self._line_no(start)
        if (whole := self._a_row_per_line(body, names, line_no)) is not None:
            return _with_content(whole, names), end
        tables: list[pl.DataFrame] = []
        rest = b""
        for part in _parts(body):  # one odd line must not make a whole block slow
            text = rest + part
            table, rest = self._a_row_per_line(text, names, line_no), b""
            if table is None:
                table, rest = self._any_rows(text, names, line_no)
            tables.append(table)
            line_no += text.count(b"\n") - rest.count(b"\n")
        rows = _with_content(pl.concat(tables or [_table(names, [], [], [])]), names)
        # A last line without its end was given one.
        return rows, end - len(rest) + (not body.endswith(b"\n")) if rest.strip() else end

    def count(self, start: int, end: int) -> int:
        """Lines with content."""
        return sum(bool(line.strip()) for line in self.text[start:end].split(b"\n"))

    def after(self, rest: "TextPiece", start: int) -> "TextPiece":
        """The remaining lines of the piece before, then this one."""
        return replace(self, text=rest.text[start:] + self.text, first_line=rest._line_no(start))

    def line_at(self, at: int) -> int:
        """The number of the line that begins at ``at``."""
        return self._line_no(at)

    def unfinished(self, at: int) -> UnreadableFileError:
        """The refusal of a quote that opens at ``at`` and does not close."""
        return _never_closed(self.file_name, self._line_no(at))

    def raw(self, extents: Iterable[tuple[int, int | None]]) -> Iterator[str]:
        """Records as delivered, without the lines after them that are no rows."""
        lines = self.text.split(b"\n")
        for line_no, next_line_no in extents:
            to = None if next_line_no is None else next_line_no - self.first_line
            record = [line.decode().rstrip("\r") for line in lines[line_no - self.first_line : to]]
            while len(record) > 1 and _NO_CONTENT.fullmatch(record[-1]) and record[-1].count('"') % 2 == 0:
                record.pop()
            yield "\n".join(record)

    def _fields_of_several_lines(self, start: int) -> Iterator[tuple[int, int]]:
        """Start and end of quoted fields with a line end; a quote within a field opens none."""
        if not self.quote:
            return
        quote, delimiter = re.escape(self.quote.encode()), re.escape(self.delimiter.encode())
        inside = b"[^" + quote + b"]*(?:" + quote * 2 + b"[^" + quote + b"]*)*"
        field = b"(?m)(?:^|" + delimiter + b")" + quote + b"(" + inside + b")" + quote
        for match in re.compile(field + b"(?=" + delimiter + b"|\r?$)").finditer(self.text, start):
            if b"\n" in match[1]:
                yield match.span(1)

    def _line_no(self, at: int) -> int:
        return self.first_line + self.text.count(b"\n", 0, at)

    def _line_after(self, at: int) -> int:
        return self.text.find(b"\n", at) + 1 or len(self.text)

    def _line(self, at: int) -> str:
        return self.text[at : self._line_after(at)].decode().rstrip("\r\n")

    def _a_row_per_line(self, block: bytes, names: list[str], first_line: int) -> pl.DataFrame | None:
        """The rows of a block in which every line is one record with as many fields as the header, else None.

        The parser refuses a line with too many fields; so if the sum is right, no line has too few.
        """
        lines = count_byte(block, b"\n") + (not block.endswith(b"\n"))
        if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):  # polars would leave one in a value
            return None
        try:
            table = pl.read_csv(
                block,
                has_header=False,
                separator=self.delimiter,
                quote_char=self.quote,
                new_columns=names,
                infer_schema=False,
            )
        except pl.exceptions.PolarsError:
            return None
        delimiters = count_byte(block, self.delimiter.encode())
        if self.quote and self.quote.encode() in block:  # delimiters inside fields are not counted
            within = table.select(pl.all().str.count_matches(self.delimiter, literal=True).sum())
            delimiters -= sum(within.row(0))
        if table.height != lines or delimiters != (len(names) - 1) * lines:
            return None
        numbered = table.with_row_index("_line_no", offset=first_line)
        return numbered.select(*names, "_line_no", pl.lit(value=False).alias("_ragged"))

    def _any_rows(self, block: bytes, names: list[str], first_line: int) -> tuple[pl.DataFrame, bytes]:
        """As :meth:`table`, with the standard library's reader, for any lines; and the unfinished record."""
        lines = block.removesuffix(b"\n").decode().split("\n")
        whole: list[list[str]] = []
        whole_lines: list[int] = []
        ragged_lines: list[int] = []
        done = 0
        for start, end, cells in self._records(lines):
            if end - start > MAX_RECORD_LINES:
                raise _never_closed(self.file_name, first_line + start)
            done = end
            if len(cells) == len(names) and not (end - start > 1 and self._contains_rows(cells)):
                whole.append(cells)
                whole_lines.append(first_line + start)
            elif any(cell.strip() for cell in cells or lines[start:end]):
                ragged_lines.append(first_line + start)
        if len(lines) - done > MAX_RECORD_LINES:
            raise _never_closed(self.file_name, first_line + done)
        return _table(names, whole, whole_lines, ragged_lines), "\n".join([*lines[done:], ""]).encode()

    def _contains_rows(self, cells: list[str]) -> bool:
        """Whether a cell of several lines has as many delimiters as a row, because of stray quotes."""
        return any("\n" in cell and cell.count(self.delimiter) >= len(cells) - 1 for cell in cells)

    def _records(self, lines: list[str]) -> Iterator[tuple[int, int, list[str]]]:
        """(index of its first line, of the line after it, cells) of every record that ends in ``lines``.

        A record that cannot be parsed has no cells.
        """
        ended = False

        def source() -> Iterator[str]:
            nonlocal ended
            for line in lines:
                yield f"{line}\n"
            ended = True

        reader = csv.reader(
            source(),
            delimiter=self.delimiter,
            quotechar=self.quote,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
        )
        start = 0
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                cells = []
            if ended:
                return
            yield start, reader.line_num, cells
            start = reader.line_num


def pieces(part: Part, profile: Profile, counts: ReadCounts, offset: int) -> Iterator[TextPiece]:
    """The blocks of a file; its lines are numbered from 1 after ``offset``."""
    delimiter, first_line = profile.delimiter, 1 + offset
    quote = None if profile.quote == "none" else profile.quote
    for block in prefetch(encodings.decoded_blocks(part.path, part.name, profile.encoding, counts)):
        delimiter = delimiter or _commonest_delimiter(block, profile)
        yield TextPiece(block, first_line, delimiter, quote, part.name)
        first_line += count_byte(block, b"\n")


def _commonest_delimiter(block: bytes, profile: Profile) -> str:
    """The known delimiter that the header has most of: the row with its words, or the first with content."""
    words = [layout.header[0].encode() for layout in profile.layouts if layout.header]
    lines = [line for line in block.split(b"\n", 1000)[:1000] if line.strip()]
    header = next((line for line in lines if any(word in line for word in words)), b"".join(lines[:1]))
    return max(DELIMITERS, key=lambda delimiter: header.strip().count(delimiter.encode()))


def _with_content(table: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Remove the rows of which every cell is empty; a ragged row has no cells, but content."""
    blank = ~table["_ragged"]
    for name in names:
        blank &= (table[name].str.strip_chars() == "").fill_null(value=True)
        if not blank.any():  # usually after the first column
            return table
    return table.filter(~blank)


def _parts(block: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(block):
        end = block.find(b"\n", start + _PIECE_BYTES) + 1 or len(block)
        yield block[start:end]
        start = end


def _never_closed(file_name: str, line: int) -> UnreadableFileError:
    return UnreadableFileError(
        "quote_unbalanced",
        f"{file_name}: line {line}: a quoted field begins here and does not end within {MAX_RECORD_LINES} "
        "lines; correct the quotation marks",
    )


def _table(
    names: list[str], whole: list[list[str]], whole_lines: list[int], ragged_lines: list[int]
) -> pl.DataFrame:
    columns = zip(*whole, strict=True) if whole else ([] for _ in names)
    table = pl.DataFrame(dict(zip(names, columns, strict=True)), schema=dict.fromkeys(names, pl.String))
    table = table.with_columns(
        pl.Series("_line_no", whole_lines, dtype=pl.UInt32), pl.lit(value=False).alias("_ragged")
    )
    if not ragged_lines:
        return table
    ragged = pl.DataFrame(
        {"_line_no": pl.Series(ragged_lines, dtype=pl.UInt32), "_ragged": [True] * len(ragged_lines)}
    )
    return pl.concat([table, ragged], how="diagonal").sort("_line_no")
