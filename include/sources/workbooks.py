"""XLSX workbooks, read as text with their row numbers."""

import zipfile
import zlib
from pathlib import Path

import fastexcel
import polars as pl

from include.errors import UnreadableFileError

MAX_UNPACKED_BYTES = 2 * 1024**3
MAX_UNPACK_RATIO = 200
_SMALL_BYTES = 64 * 1024**2


def check_archive(path: Path) -> None:
    """Refuse what is no whole ZIP archive, and an archive that unpacks to far more than a table would.

    The checksums are compared too: the workbook reader does not, and would take a damaged cell for another
    value. An archive that lies about its size fails there, since no more than what it claims is unpacked.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_bomb(path, sum(entry.file_size for entry in archive.infolist()))
            damaged = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _damaged(path, error) from error
    if damaged:
        raise _damaged(path, f"bad checksum of {damaged}")


def _refuse_bomb(path: Path, unpacked: int) -> None:
    ratio = unpacked / max(path.stat().st_size, 1)
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > _SMALL_BYTES and ratio > MAX_UNPACK_RATIO):
        raise UnreadableFileError(
            "workbook_too_large",
            f"{path.name}: unpacks to {unpacked:,} bytes ({ratio:.0f} times its size); refused unopened. "
            "Deliver fewer rows per file, or CSV",
        )


def _damaged(path: Path, reason: object) -> UnreadableFileError:
    return UnreadableFileError(
        "workbook_damaged", f"{path.name}: not a whole XLSX workbook ({reason}); deliver it again"
    )


def rows(path: Path) -> tuple[list[str], pl.DataFrame]:
    """(header cells, rows as text) of the first sheet; ``_line_no`` is the sheet's own row number.

    The first row with any content is the header; rows without content are no rows.
    """
    check_archive(path)
    try:
        sheet = fastexcel.read_excel(path).load_sheet(0, header_row=None, skip_rows=0, dtypes="string")
    except fastexcel.FastExcelError as error:
        raise _damaged(path, error) from error
    table = sheet.to_polars()
    columns = table.columns
    table = (
        table.with_row_index("_line_no", offset=1)
        .with_columns(pl.col(columns).str.replace_all("\0", "", literal=True).str.strip_chars())
        .filter(pl.any_horizontal(pl.col(columns).fill_null("") != "") if columns else pl.lit(value=False))
    )
    if table.is_empty():
        raise UnreadableFileError(
            "file_empty", f"{path.name}: the first sheet has no content; deliver it again"
        )
    header = [cell or "" for cell in table.select(columns).row(0)]
    return header, table[1:].with_columns(_ragged=pl.lit(value=False))


def raw_records(path: Path, line_numbers: set[int]) -> dict[int, str]:
    """The cells of the given sheet rows, tab-separated, for the quarantine."""
    _, table = rows(path)
    wanted = table.filter(pl.col("_line_no").is_in(list(line_numbers)))
    cells = wanted.drop("_line_no", "_ragged")
    return {
        number: "\t".join(value or "" for value in values)
        for number, values in zip(wanted["_line_no"], cells.iter_rows(), strict=True)
    }
