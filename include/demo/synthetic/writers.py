"""Write frames to files: equal frames give equal bytes, and files are written atomically."""

import datetime as dt
import io
from pathlib import Path
from typing import NamedTuple

import polars as pl
import xlsxwriter

# A fixed creation time, so that equal workbooks have equal bytes.
_CREATED = dt.datetime(2020, 1, 1)


class Written(NamedTuple):
    """A file on disk: its data rows and its size."""

    path: Path
    rows: int
    bytes: int


def write_csv(
    frame: pl.DataFrame,
    path: Path,
    *,
    encoding: str = "utf-8",
    bom: bool = False,
    newline: str = "\n",
    date_format: str = "%Y-%m-%d",
) -> Written:
    """Write a CSV file with a header."""
    buffer = io.BytesIO()
    frame.write_csv(
        buffer,
        include_bom=bom,
        line_terminator=newline,
        date_format=date_format,
        datetime_format=f"{date_format} %H:%M:%S",
    )
    content = buffer.getvalue()
    content = content if encoding == "utf-8" else content.decode().encode(encoding)
    return write_bytes(content, path, rows=frame.height)


def write_download(frame: pl.DataFrame, path: Path) -> Written:
    """Write text columns as the customs portal does: all quoted, and a comma at the end of each line."""
    last = frame.columns[-1]
    body = frame.with_columns(pl.format('"{}",', pl.col(last)).alias(last))
    buffer = io.BytesIO()
    others = [pl.format('"{}"', pl.col(name)) for name in frame.columns[:-1]]
    body.with_columns(others).write_csv(buffer, include_header=False, quote_style="never")
    header = ",".join(f'"{name}"' for name in frame.columns) + ",\n"
    return write_bytes((header + buffer.getvalue().decode()).encode("gb18030"), path, rows=frame.height)


def write_workbook(frame: pl.DataFrame, path: Path) -> Written:
    """Write one sheet with a header row; dates become date cells."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"constant_memory": True})
    book.set_properties({"created": _CREATED})
    sheet = book.add_worksheet("订单")
    formats = {
        pl.Date: book.add_format({"num_format": "yyyy-mm-dd"}),
        pl.Datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
    }
    cell_formats = [formats.get(dtype.base_type()) for dtype in frame.dtypes]
    sheet.write_row(0, 0, frame.columns)
    for row, values in enumerate(frame.iter_rows(), start=1):
        for column, (value, cell_format) in enumerate(zip(values, cell_formats, strict=True)):
            if value is None:
                continue
            if cell_format:
                sheet.write_datetime(row, column, value, cell_format)
            elif isinstance(value, str):
                sheet.write_string(row, column, value)
            else:
                sheet.write_number(row, column, value)
    book.close()
    return write_bytes(buffer.getvalue(), path, rows=frame.height)


def write_bytes(content: bytes, path: Path, rows: int = 0) -> Written:
    """Write a file atomically: under another name first, then rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
    return Written(path, rows, len(content))
