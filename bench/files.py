"""The customs files that are measured: a generated month, repeated under the numbers that follow."""

import shutil
from collections.abc import Iterator
from functools import cache
from itertools import count, islice
from pathlib import Path

import polars as pl

from bench.timing import say
from include import synthetic
from include.synthetic.generate import LAST_DAY

SOURCE = "customs_exports"
ENCODING = "gb18030"
YEAR = LAST_DAY.year
_ITEMS_PER_SCALE = 900  # a month of the generator at scale 1
_COPIES = 30
# A declaration number: office and year, a flag, the serial number within the year.
_HEAD, _SERIAL = 9, 18


def make(folder: Path, name: str, lines: int, *, after: int = 0) -> Path:
    """A GB18030 file of ``lines`` items, those that follow the first ``after`` ones."""
    return _write(folder / name, islice(_items(folder, lines), after, after + lines), folder, lines)


def make_sized(folder: Path, name: str, lines: int, size: int) -> Path:
    """A GB18030 file of at least ``size`` bytes; it repeats the month that fits a file of ``lines`` items."""

    def enough() -> Iterator[str]:
        written = 0
        for item in _items(folder, lines):
            yield item
            written += len(item.encode(ENCODING))
            if written >= size:
                return

    return _write(folder / name, enough(), folder, lines)


def rewritten(path: Path, name: str) -> Path:
    """The same rows in other bytes: UTF-8 instead of GB18030, columns the other way round, CRLF."""
    table = pl.read_csv(path.read_bytes().decode(ENCODING).encode(), infer_schema=False)
    to = path.with_name(name)
    table.select(reversed(table.columns)).write_csv(to, line_terminator="\r\n")
    return to


def _write(path: Path, items: Iterator[str], folder: Path, lines: int) -> Path:
    say(f"writing {path.name}")
    header, _ = _month(folder, lines)
    with path.open("w", encoding=ENCODING, newline="") as file:
        file.write(header)
        file.writelines(items)
    return path


def _items(folder: Path, lines: int) -> Iterator[str]:
    """Items without end; every copy of the month has the numbers that come after those of the one before."""
    _, month = _month(folder, lines)
    span = max(serial for _, serial, _ in month) - min(serial for _, serial, _ in month) + 1
    for copy in count():
        for head, serial, rest in month:
            yield f"{head}{serial + copy * span:09d}{rest}"


@cache
def _month(folder: Path, lines: int) -> tuple[str, list[tuple[str, int, str]]]:
    """(header, items of a generated month as office and year, serial number, all the rest)."""
    say("generating a month of declarations")
    parts = folder / "parts"
    synthetic.generate(parts, months=1, scale=max(lines / _COPIES / _ITEMS_PER_SCALE, 0.1))
    header, items = "", []
    for part in sorted((parts / SOURCE).glob("*-*-*.csv")):  # the daily files: words instead of codes
        header, *rows = part.read_text(encoding="utf-8-sig").splitlines(keepends=True)
        items += [(row[:_HEAD], int(row[_HEAD:_SERIAL]), row[_SERIAL:]) for row in rows]
    assert header.startswith("报关单号,")
    shutil.rmtree(parts)
    return header, items
