"""The newest reports of the load gate and the release gate."""

import datetime as dt
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from include.quality.gate import docs_dir
from include.settings import ZONE

_MAX_PER_GATE = 12


def newest(home: Path) -> list[dict[str, str]]:
    """The newest reports, of releases first: gate, name, time and address relative to ``home``."""
    found = []
    for gate in ("release", "load"):
        pages = docs_dir(home, gate, "").glob("*/report.html")
        ordered = sorted(pages, key=lambda page: page.stat().st_mtime, reverse=True)
        found += [
            {
                "gate": gate,
                "name": page.parent.name,
                "at": f"{dt.datetime.fromtimestamp(page.stat().st_mtime, ZoneInfo(ZONE)):%Y-%m-%d %H:%M}",
                "address": quote(page.relative_to(home).as_posix()),
            }
            for page in ordered[:_MAX_PER_GATE]
        ]
    return found
