"""When a month's figures become formal and final: ``python -m include.seeds.release_calendar``.

Adds missing months to the seed; dates entered by the bureau stay.
"""

import csv
import datetime as dt
from pathlib import Path

from include.settings import PROJECT_DIR

SEED = PROJECT_DIR / "dbt_project" / "seeds" / "release_calendar.csv"
FIRST_YEAR = 2000  # the contracts accept no earlier date
LAST_YEAR = 2035


def dates(month: dt.date) -> tuple[dt.date, dt.date]:
    """The dates from which a month is formal (customs statistics are out) and final (the year is closed)."""
    following = (month + dt.timedelta(days=31)).replace(day=1)
    return following.replace(day=20), dt.date(month.year + 1, 6, 30)


def extend(path: Path = SEED) -> int:
    """Add missing months to the seed; returns how many."""
    with path.open(encoding="utf-8", newline="") as file:
        known = {row["month"]: (row["formal_from"], row["final_from"]) for row in csv.DictReader(file)}
    months = [dt.date(year, n, 1) for year in range(FIRST_YEAR, LAST_YEAR + 1) for n in range(1, 13)]
    missing = [month for month in months if month.isoformat() not in known]
    for month in missing:
        formal, final = dates(month)
        known[month.isoformat()] = (formal.isoformat(), final.isoformat())
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("month", "formal_from", "final_from"))
        writer.writerows((month, *stages) for month, stages in sorted(known.items()))
    return len(missing)


if __name__ == "__main__":
    print(f"{extend()} rows added to {SEED.name}")
