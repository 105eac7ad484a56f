"""Delimited text files, read block by block and column-wise.

A file of any size passes in blocks of ``BLOCK_BYTES``; a block in which every line is one row is parsed by
polars as it is, any other by the standard library's CSV reader. Physical line numbers are kept, so that a
refused row can be found in the file again.
"""

import codecs
import csv
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from include.errors import UnreadableFileError

BLOCK_BYTES = 16 * 1024 * 1024
_PIECE_BYTES = 256 * 1024
MAX_LINE_BYTES = 1024 * 1024
MAX_RECORD_LINES = 100
_DELIMITERS = (",", "\t", ";", "|")
_NO_CONTENT = re.compile(r'[\s,;|"]*')
# A line whose only bytes beyond ASCII are two or more Chinese characters in UTF-8. Text in GB18030 can look
# like one such character by chance, but not a whole line long.
_ASCII = rb"[\x00-\x09\x0b-\x7f]*+"
_UTF8_CHINESE = re.compile(rb"(?m)^" + _ASCII + rb"(?:[\xe3-\xe9][\x80-\xbf]{2}" + _ASCII + rb"){2,}+$")


def decoded_blocks(path: Path, encoding: str | None) -> Iterator[tuple[str, bytes]]:
    """Yield (encoding, block as UTF-8) with every block ending at the end of a line.

    Without ``encoding`` a file is UTF-8 until the first byte that cannot be; if all before it was
    ASCII the file is GB18030. Anything else is refused: mixed encodings cannot be told apart.
    """
    name, seen_multibyte, rest, line_no = encoding or "utf-8", False, b"", 1
    with path.open("rb") as file:
        while True:
            read = file.read(BLOCK_BYTES)
            block = rest + read
            if not block:
                return
            cut = _line_end(block, path, line_no) if read else len(block)
            block, rest = block[:cut], block[cut:]
            if block:
                first_multibyte = not (encoding or seen_multibyte or block.isascii())
                name, utf8 = _as_utf8(block, name, path, line_no, or_gb18030=first_multibyte)
                if name == "gb18030" and not encoding:
                    _refuse_utf8_within(block, path, line_no)
                seen_multibyte |= first_multibyte
                yield name, utf8.removeprefix(codecs.BOM_UTF8).replace(b"\0", b"")
                line_no += block.count(b"\n")
            if not read:
                return


def _as_utf8(block: bytes, encoding: str, path: Path, line_no: int, *, or_gb18030: bool) -> tuple[str, bytes]:
    """(encoding found, the block as UTF-8)."""
    if block.isascii():
        return encoding, block
    try:
        text = block.decode(encoding)
    except UnicodeDecodeError as error:
        before = block[: block.rfind(b"\n", 0, error.start) + 1]
        if or_gb18030 and not _UTF8_CHINESE.search(before):
            return _as_utf8(block, "gb18030", path, line_no, or_gb18030=False)
        raise _wrong_encoding(path, block, error.start, encoding, line_no) from None
    return encoding, block if encoding == "utf-8" else text.encode()


def _refuse_utf8_within(block: bytes, path: Path, line_no: int) -> None:
    if found := _UTF8_CHINESE.search(block):
        first = next(i for i in range(found.start(), found.end()) if block[i] > 0x7F)
        raise _wrong_encoding(path, block, first, "gb18030", line_no)


def _wrong_encoding(path: Path, block: bytes, at: int, name: str, line_no: int) -> UnreadableFileError:
    line = line_no + block.count(b"\n", 0, at)
    return UnreadableFileError(
        "encoding_unknown",
        f"{path.name}: line {line}: byte 0x{block[at]:02x} is not valid {name}; deliver the file in one "
        "encoding, UTF-8 or GB18030, or name its encoding in a profile",
    )


def _line_end(block: bytes, path: Path, line_no: int) -> int:
    """Where the last whole line of the block ends; 0 if there is none."""
    cut = block.rfind(b"\n") + 1
    if len(block) - cut > MAX_LINE_BYTES:
        line = line_no + block.count(b"\n")
        raise UnreadableFileError(
            "line_too_long",
            f"{path.name}: line {line} is longer than {MAX_LINE_BYTES:,} bytes; this is no table: "
            "check how the file was exported",
        )
    return cut


def split_header(block: bytes, path: Path, delimiter: str | None) -> tuple[str, list[str], bytes, int]:
    """(delimiter, header cells, the block after the header, line number of the first line after it).

    The header is the first record with content; its delimiter is the commonest known one unless it is given.
    """
    blank = block[: len(block) - len(block.lstrip())]
    if len(blank) == len(block):
        raise UnreadableFileError(
            "file_empty", f"{path.name}: the file has no line; deliver it again with content"
        )
    line_no = 1 + blank.count(b"\n")
    lines = block[blank.rfind(b"\n") + 1 :].split(b"\n", MAX_RECORD_LINES)
    texts = [line.decode() for line in lines[:MAX_RECORD_LINES]]
    found = delimiter or max(_DELIMITERS, key=texts[0].strip().count)
    for _, end, cells in _records(texts, found):
        if not cells:
            raise UnreadableFileError(
                "header_unreadable",
                f"{path.name}: line {line_no}: cannot be read as a header; export the file again, with "
                "ordinary line ends",
            )
        return found, cells, b"\n".join(lines[end:]), line_no + end
    raise never_closed(path, line_no)


def rows(
    block: bytes, names: list[str], delimiter: str, first_line: int, path: Path
) -> tuple[pl.DataFrame, bytes]:
    """The block's records as text columns ``names`` with ``_line_no`` and ``_ragged``, and what is left.

    Blank lines are no rows, and neither are records without any content (spreadsheets write ``,,,,`` below a
    table). A record with more or fewer fields than the header is kept as an empty row with ``_ragged`` true:
    its values cannot be told to columns. So is one that swallowed others, between two stray quotes. Left is a
    record whose quotes are still open at the end of the block: it belongs before the next one.
    """
    if (table := _a_row_per_line(block, names, delimiter, first_line)) is not None:
        return _with_content(table, names), b""
    tables: list[pl.DataFrame] = []
    rest = b""
    for piece in _pieces(block):  # one odd line must not make a whole block slow
        text = rest + piece
        table, rest = _a_row_per_line(text, names, delimiter, first_line), b""
        if table is None:
            table, rest = _any_rows(text, names, delimiter, first_line, path)
        tables.append(table)
        first_line += text.count(b"\n") - rest.count(b"\n")
    return _with_content(pl.concat(tables or [_table(names, [], [], [])]), names), rest


def _with_content(table: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Without the rows of which every cell is empty; a ragged row has no cells, but content."""
    blank = ~table["_ragged"]
    for name in names:
        blank &= (table[name].str.strip_chars() == "").fill_null(value=True)
        if not blank.any():  # as a rule after the first column
            return table
    return table.filter(~blank)


def _pieces(block: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(block):
        end = block.find(b"\n", start + _PIECE_BYTES) + 1 or len(block)
        yield block[start:end]
        start = end


def _any_rows(
    block: bytes, names: list[str], delimiter: str, first_line: int, path: Path
) -> tuple[pl.DataFrame, bytes]:
    """As :func:`rows`, with the standard library's reader: whatever the lines are."""
    lines = block.removesuffix(b"\n").decode().split("\n")
    whole: list[list[str]] = []
    whole_lines: list[int] = []
    ragged_lines: list[int] = []
    done = 0
    for start, end, cells in _records(lines, delimiter):
        if end - start > MAX_RECORD_LINES:
            raise never_closed(path, first_line + start)
        done = end
        if len(cells) == len(names) and not (end - start > 1 and _holds_rows(cells, delimiter)):
            whole.append(cells)
            whole_lines.append(first_line + start)
        elif any(cell.strip() for cell in cells or lines[start:end]):
            ragged_lines.append(first_line + start)
    if len(lines) - done > MAX_RECORD_LINES:
        raise never_closed(path, first_line + done)
    return _table(names, whole, whole_lines, ragged_lines), "\n".join([*lines[done:], ""]).encode()


def _holds_rows(cells: list[str], delimiter: str) -> bool:
    """Whether a cell of several lines holds as many delimiters as a row: stray quotes swallowed rows."""
    return any("\n" in cell and cell.count(delimiter) >= len(cells) - 1 for cell in cells)


def never_closed(path: Path, line: int) -> UnreadableFileError:
    """The refusal of a file with a quote that opens in ``line`` and does not close."""
    return UnreadableFileError(
        "quote_unbalanced",
        f"{path.name}: line {line}: a quoted field begins here and does not end within {MAX_RECORD_LINES} "
        "lines; correct the quotation marks",
    )


def _a_row_per_line(block: bytes, names: list[str], delimiter: str, first_line: int) -> pl.DataFrame | None:
    """The rows of a block in which every line is one record with as many fields as the header, else None.

    No line has too many fields, or the parser would object; so if the sum is right, no line has too few.
    """
    lines = block.count(b"\n") + (not block.endswith(b"\n"))
    try:
        table = pl.read_csv(
            block, has_header=False, separator=delimiter, new_columns=names, infer_schema=False
        )
    except pl.exceptions.PolarsError:
        return None
    delimiters = block.count(delimiter.encode())
    if b'"' in block:  # those inside of fields separate nothing
        within = table.select(pl.all().str.count_matches(delimiter, literal=True).sum())
        delimiters -= sum(within.row(0))
    if table.height != lines or delimiters != (len(names) - 1) * lines:
        return None
    numbered = table.with_row_index("_line_no", offset=first_line)
    return numbered.select(*names, "_line_no", pl.lit(value=False).alias("_ragged"))


def _records(lines: list[str], delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
    """(index of its first line, index of the line after it, cells) of every record that ends in ``lines``.

    What cannot be parsed has no cells.
    """
    ended = False

    def source() -> Iterator[str]:
        nonlocal ended
        for line in lines:
            yield f"{line}\n"
        ended = True

    reader = csv.reader(source(), delimiter=delimiter)
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


def raw_records(path: Path, encoding: str, extents: dict[int, int | None]) -> dict[int, str]:
    """The raw text of records by the number of their first line, for the quarantine.

    ``extents`` maps it to the number of the next record's first line, None for the last record. Bytes that
    are not of the encoding are shown as ``\\xNN``.
    """
    found: dict[int, list[str]] = {number: [] for number in extents}
    last = max(found)
    current: int | None = None
    with path.open(encoding=encoding, errors="backslashreplace", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            if number in found:
                current = number
            elif current is not None and number == extents[current]:
                current = None
                if number > last:
                    break
            if current is not None:
                found[current].append(line.rstrip("\r\n").replace("\x00", "").removeprefix("\ufeff"))
    return {number: "\n".join(_without_empty_end(lines)) for number, lines in found.items()}


def _without_empty_end(lines: list[str]) -> list[str]:
    """Without the lines that are no rows: a line that closes a quoted field has an odd number of quotes."""
    while len(lines) > 1 and _NO_CONTENT.fullmatch(lines[-1]) and lines[-1].count('"') % 2 == 0:
        lines.pop()
    return lines
