"""Write files so that spreadsheet programs do not change their values."""

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

EXCEL_ROWS = 1_048_576
# A spreadsheet runs text that begins like a formula; East Asian editions also with a full-width sign.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

_BLANKS = " \t\u00a0\u200b\u3000\ufeff"


def harmless(value: Any) -> Any:
    """Put a quote before text that begins like a formula, after any blanks; other values are not changed."""
    if not isinstance(value, str):
        return value
    begins = value.startswith(_FORMULA_STARTS) or value.lstrip(_BLANKS).startswith(_FORMULA_STARTS)
    return f"'{value}" if begins else value


@contextmanager
def csv_file(out: Path, header: Iterable[str]) -> Iterator[Any]:
    """A writer of CSV that spreadsheet programs open as text (UTF-8 with BOM); the header is written."""
    with out.open("w", encoding="utf-8-sig", newline="") as file:
        # All quoted, because a program that separates by semicolons would split a text at one.
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(header)
        yield writer
