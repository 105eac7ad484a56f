"""Rejected rows, as people read them."""

import csv
from pathlib import Path
from typing import Any

from include.settings import Role, Settings
from include.warehouse.connection import connect

# A spreadsheet runs what begins like a formula: such a text goes out with a quote before it.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def rows(settings: Settings, load_id: int | None) -> list[dict[str, Any]]:
    """Rejected rows of one load, or of all, in file order."""
    with connect(settings, Role.LOADER) as connection:
        cursor = connection.execute(
            "select load_id, source, file_name, line_no, rule_codes, reason_zh, reason_en, raw_line"
            " from ops.quarantine where %(load)s::bigint is null or load_id = %(load)s"
            " order by load_id, line_no",
            {"load": load_id},
        )
        names = [d.name for d in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def write_csv(found: list[dict[str, Any]], out: Path) -> None:
    """Write rejected rows as a CSV that spreadsheet programs open as text (UTF-8 with BOM)."""
    with out.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(found[0] if found else ["load_id"])
        for row in found:
            cells = [", ".join(v) if isinstance(v, list) else v for v in row.values()]
            writer.writerow(
                f"'{v}" if isinstance(v, str) and v.startswith(_FORMULA_STARTS) else v for v in cells
            )
