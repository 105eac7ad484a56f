"""What spreadsheet programs do to the files that we hand out, and what keeps them from it."""

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

EXCEL_ROWS = 1_048_576
# A spreadsheet runs what begins like a formula; the East Asian editions also where the sign is full-width.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

_BLANKS = " \t\u00a0\u200b\u3000\ufeff"


def harmless(value: Any) -> Any:
    """A text that begins like a formula, blanks aside, gets a quote before it; all else stays as it is."""
    if not isinstance(value, str):
        return value
    begins = value.startswith(_FORMULA_STARTS) or value.lstrip(_BLANKS).startswith(_FORMULA_STARTS)
    return f"'{value}" if begins else value


@contextmanager
def csv_file(out: Path, header: Iterable[str]) -> Iterator[Any]:
    """A writer of CSV that spreadsheet programs open as text (UTF-8 with BOM); the header is written."""
    with out.open("w", encoding="utf-8-sig", newline="") as file:
        # All quoted: where semicolons separate, what follows one in a text would be a cell.
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(header)
        yield writer
