"""Delimited text files, read block by block and column-wise.

A file of any size passes in blocks of ``BLOCK_BYTES``; within a block everything is done on columns.
Physical line numbers are kept, so that a refused row can be found in the file again.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from include.errors import UnreadableFileError

BLOCK_BYTES = 16 * 1024 * 1024
MAX_LINE_BYTES = 1024 * 1024
MAX_RECORD_LINES = 100
_DELIMITERS = (",", "\t", ";", "|")
# A byte that is no delimiter of any table we know: makes polars' reader a fast line splitter.
_NO_DELIMITER = "\x1f"


def decoded_blocks(path: Path, encoding: str | None) -> Iterator[tuple[str, bytes]]:
    """Yield (encoding, block as UTF-8) with every block ending at the end of a record.

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
            cut = _record_end(block, path, line_no) if read else len(block)
            block, rest = block[:cut], block[cut:]
            if block:
                first_multibyte = not (encoding or seen_multibyte or block.isascii())
                name, utf8 = _as_utf8(block, name, path, line_no, or_gb18030=first_multibyte)
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
        if or_gb18030:
            return _as_utf8(block, "gb18030", path, line_no, or_gb18030=False)
        raise _wrong_encoding(path, block, error, encoding, line_no) from None
    return encoding, block if encoding == "utf-8" else text.encode()


def _wrong_encoding(
    path: Path, block: bytes, error: UnicodeDecodeError, name: str, line_no: int
) -> UnreadableFileError:
    line = line_no + block.count(b"\n", 0, error.start)
    return UnreadableFileError(
        "encoding_unknown",
        f"{path.name}: line {line}: byte 0x{block[error.start]:02x} is not valid {name}; deliver the file in "
        "one encoding, UTF-8 or GB18030, or name its encoding in a profile",
    )


def _record_end(block: bytes, path: Path, line_no: int) -> int:
    """Where the last whole record of the block ends: a line break outside quotes; 0 if there is none."""
    cut = block.rfind(b"\n") + 1
    if len(block) - cut > MAX_LINE_BYTES:
        line = line_no + block.count(b"\n")
        raise UnreadableFileError(
            "line_too_long",
            f"{path.name}: line {line} is longer than {MAX_LINE_BYTES:,} bytes; this is no table: "
            "check how the file was exported",
        )
    quotes = block.count(b'"', 0, cut)
    for _ in range(MAX_RECORD_LINES):
        if cut == 0 or quotes % 2 == 0:
            return cut
        previous = block.rfind(b"\n", 0, cut - 1) + 1
        quotes -= block.count(b'"', previous, cut)
        cut = previous
    raise UnreadableFileError(
        "quote_unbalanced",
        f"{path.name}: a quoted field before line {line_no + block.count(chr(10).encode())} is never closed",
    )


def header_fields(line: str, delimiter: str | None) -> tuple[str, list[str]]:
    """(delimiter, header cells) of a header line; the commonest known delimiter unless one is given."""
    found = delimiter or max(_DELIMITERS, key=line.count)
    return found, next(csv.reader(io.StringIO(line), delimiter=found), [])


def split_header(block: bytes, path: Path) -> tuple[str, bytes, int]:
    """(header line, the block after it, line number of the first line after it)."""
    start, line_no = 0, 1
    while start < len(block):
        end = block.find(b"\n", start)
        end = len(block) if end < 0 else end
        line = block[start:end].strip()
        if line:
            return line.decode(), block[end + 1 :], line_no + 1
        start, line_no = end + 1, line_no + 1
    raise UnreadableFileError(
        "file_empty", f"{path.name}: the file has no line; deliver it again with content"
    )


def rows(block: bytes, names: list[str], delimiter: str, first_line: int) -> pl.DataFrame:
    """The block's records as text columns ``names`` with ``_line_no`` and ``_ragged``.

    Blank lines are no rows. A record with more or fewer fields than the header is kept as an empty row
    with ``_ragged`` true: its values cannot be told to columns.
    """
    if (plain := _plain_rows(block, names, delimiter, first_line)) is not None:
        return plain
    records = _records(block, first_line)
    content = pl.col("record").fill_null("")
    outside_quotes = content.str.replace_all(r'"[^"]*"', "")
    records = records.filter(content.str.strip_chars(" \t\r\n") != "").with_columns(
        _ragged=outside_quotes.str.count_matches(delimiter, literal=True) != len(names) - 1
    )
    whole = records.filter(~pl.col("_ragged"))
    table = _parse("\n".join(whole["record"].to_list()).encode(), names, delimiter)
    if table.height != whole.height:
        raise UnreadableFileError(
            "quote_unbalanced",
            f"near line {first_line}: {whole.height} records, but {table.height} could be parsed; "
            "check the quotation marks",
        )
    table = table.with_columns(whole["_line_no"], whole["_ragged"])
    ragged = records.filter(pl.col("_ragged")).select("_line_no", "_ragged")
    return pl.concat([table, ragged], how="diagonal").sort("_line_no") if ragged.height else table


def _plain_rows(block: bytes, names: list[str], delimiter: str, first_line: int) -> pl.DataFrame | None:
    """The rows of a block without quotes in which every line has as many fields as the header, else None.

    No line has too many fields, or the parser would object; so if the sum is right, no line has too few.
    """
    lines = block.count(b"\n") + (not block.endswith(b"\n"))
    if b'"' in block or block.count(delimiter.encode()) != (len(names) - 1) * lines:
        return None
    try:
        table = _parse(block, names, delimiter)
    except pl.exceptions.PolarsError:
        return None
    if table.height != lines:
        return None
    return table.with_row_index("_line_no", offset=first_line).with_columns(_ragged=pl.lit(value=False))


def _parse(text: bytes, names: list[str], delimiter: str) -> pl.DataFrame:
    schema = dict.fromkeys(names, pl.String)
    if not text:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(text, has_header=False, separator=delimiter, new_columns=names, infer_schema=False)


def _records(block: bytes, first_line: int) -> pl.DataFrame:
    """Columns ``record`` (text, line breaks inside quotes kept) and ``_line_no`` (of its first line)."""
    lines = pl.read_csv(
        block,
        has_header=False,
        separator=_NO_DELIMITER,
        quote_char=None,
        new_columns=["record"],
        infer_schema=False,
        truncate_ragged_lines=True,
    ).with_row_index("_line_no", offset=first_line)
    if block.find(b'"') < 0:
        return lines
    odd = pl.col("record").str.count_matches('"', literal=True).fill_null(0) % 2
    lines = lines.with_columns(_open=odd.cum_sum().shift(1, fill_value=0) % 2 == 1)
    if not lines["_open"].any():
        return lines.drop("_open")
    return (
        lines.with_columns(_record=(~pl.col("_open")).cum_sum())
        .group_by("_record", maintain_order=True)
        .agg(pl.col("_line_no").first(), pl.col("record").str.join("\n"))
        .drop("_record")
    )


def raw_records(path: Path, encoding: str, line_numbers: set[int]) -> dict[int, str]:
    """The raw text of the records that begin at the given line numbers, for the quarantine.

    Bytes that are not of the encoding are shown as ``\\xNN``.
    """
    found: dict[int, str] = {}
    with codecs.open(str(path), "r", encoding, errors="backslashreplace") as file:
        start, open_quote = 0, False
        for number, line in enumerate(file, start=1):
            text = line.rstrip("\r\n").replace("\x00", "").removeprefix("\ufeff")
            if open_quote:
                found[start] = f"{found[start]}\n{text}"
                open_quote ^= bool(line.count('"') % 2)
            elif number in line_numbers:
                found[number], start = text, number
                open_quote = bool(line.count('"') % 2)
            elif len(found) == len(line_numbers):
                break
    return found
