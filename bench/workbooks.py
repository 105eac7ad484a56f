"""An XLSX workbook: our reader against openpyxl's read-only reader."""

import shutil
import tempfile
from pathlib import Path

import polars as pl

from bench import files, ours, peer_process
from bench.raw_copy import columns
from bench.timing import Results, Run, median, ratio, say, seconds
from include.demo.synthetic import writers
from include.sources.contract import Column

_SHARE = 4  # a workbook has a quarter of the lines: a sheet ends at 1,048,576 rows
_TYPES: dict[str, type[pl.DataType]] = {
    "integer": pl.Int64,
    "date": pl.Date,
    "timestamp": pl.Datetime,
}


def measure(run: Run) -> Results:
    """Median seconds to read, map and cast all rows, and of openpyxl to hand out all values, in turns."""
    folder = run.settings.home / "workbooks"
    folder.mkdir()
    rows = run.lines // _SHARE
    path = make(folder, rows)
    ours_s: list[float] = []
    openpyxl_s: list[float] = []
    for turn in range(run.rounds):
        say(
            f"workbook of {rows:,} rows ({path.stat().st_size / 1e6:.0f} MB): turn {turn + 1} of {run.rounds}"
        )
        ours_s.append(seconds(lambda: ours.read_all(files.SOURCE, path), rows))
        answer = peer_process.run("openpyxl_values.py", {"file": str(path)}, folder)
        if answer:
            assert answer["rows"] == rows + 1, answer
            openpyxl_s.append(answer["seconds"])
    shutil.rmtree(folder)
    result: Results = {"rows": rows, "ours_s": median(ours_s)}
    if openpyxl_s:
        result["openpyxl_s"] = median(openpyxl_s)
        result["times_faster"] = ratio(result["openpyxl_s"], result["ours_s"])
    return result


def make(folder: Path, rows: int) -> Path:
    """Declaration items as a workbook with numbers and dates in their cells, as an ERP writes it."""
    csv = files.make(folder / "declarations.csv", rows)
    by_header = columns(csv, files.ENCODING)
    types = {header: _cell_type(column) for header, column in by_header.items()}
    table = pl.read_csv(csv.read_bytes().decode(files.ENCODING).encode(), schema_overrides=types)
    csv.unlink()
    path = folder / "declarations.xlsx"
    say(f"writing {path.name}")
    tempfile.tempdir = str(folder)  # xlsxwriter keeps the unpacked sheet in a temporary file
    try:
        writers.write_workbook(table, path)
    finally:
        tempfile.tempdir = None
    return path


def _cell_type(column: Column) -> type[pl.DataType]:
    return pl.Float64 if column.decimal else _TYPES.get(column.type, pl.String)
