"""The customs files that are measured: a generated month, repeated under the numbers that follow."""

import shutil
from collections.abc import Iterator
from functools import cache
from itertools import count, islice
from pathlib import Path

import polars as pl

from bench.timing import say
from include.demo import synthetic
from include.demo.synthetic.generate import LAST_DAY
from include.settings import home_dir

SOURCE = "customs_exports"
ENCODING = "gb18030"
YEAR = LAST_DAY.year
_ITEMS_PER_SCALE = 900  # a month of the generator at scale 1
_COPIES = 30
# A declaration number: office and year, a flag, the serial number within the year.
_HEAD, _SERIAL = 9, 18


def make(path: Path, lines: int, *, after: int = 0) -> Path:
    """Write a GB18030 file of ``lines`` items, those that follow the first ``after`` ones."""
    return _write(path, lines, islice(_items(lines), after, after + lines))


def make_sized(path: Path, lines: int, size: int) -> Path:
    """Write a GB18030 file of at least ``size`` bytes; it repeats the month of a file of ``lines`` items."""

    def enough() -> Iterator[str]:
        written = 0
        for item in _items(lines):
            yield item
            written += len(item.encode(ENCODING))
            if written >= size:
                return

    return _write(path, lines, enough())


def rewritten(path: Path, name: str) -> Path:
    """The same rows in other bytes: UTF-8 instead of GB18030, columns the other way round, CRLF."""
    table = pl.read_csv(path.read_bytes().decode(ENCODING).encode(), infer_schema=False)
    to = path.with_name(name)
    table.select(reversed(table.columns)).write_csv(to, line_terminator="\r\n")
    return to


def _write(path: Path, lines: int, items: Iterator[str]) -> Path:
    say(f"writing {path.name}")
    header, _ = _month(_scale(lines))
    with path.open("w", encoding=ENCODING, newline="") as file:
        file.write(header)
        file.writelines(items)
    return path


def _items(lines: int) -> Iterator[str]:
    """Items without end; every copy of the month has the numbers that come after those of the one before."""
    _, month = _month(_scale(lines))
    serials = [serial for _, serial, _ in month]
    span = max(serials) - min(serials) + 1
    for copy in count():
        for head, serial, rest in month:
            yield f"{head}{serial + copy * span:09d}{rest}"


def _scale(lines: int) -> float:
    return max(lines / _COPIES / _ITEMS_PER_SCALE, 0.1)


@cache
def _month(scale: float) -> tuple[str, list[tuple[str, int, str]]]:
    """(header, items of a generated month as office and year, serial number, all the rest)."""
    say("generating a month of declarations")
    folder = home_dir() / "month"
    synthetic.generate(folder, months=1, scale=scale)
    header, items = "", {}
    for part in sorted((folder / SOURCE).glob("*-*-*.csv")):  # the daily files: words instead of codes
        header, *rows = part.read_text(encoding="utf-8-sig").splitlines(keepends=True)
        for row in rows:  # later days amend some: the last version of each
            number, item_no, _ = row.split(",", 2)
            items[number, item_no] = (row[:_HEAD], int(row[_HEAD:_SERIAL]), row[_SERIAL:])
    assert header.startswith("报关单号,")
    shutil.rmtree(folder)
    return header, list(items.values())
