"""Working days and Lunar New Years: ``python -m include.seeds.calendar_months`` rewrites the seed.

Working days are those of the State Council's notices in the package chinesecalendar, which has a release
each winter for the next year.
"""

import csv
import datetime as dt
from pathlib import Path

import chinese_calendar
from chinese_calendar.constants import holidays

from include.settings import PROJECT_DIR

SEED = PROJECT_DIR / "dbt_project" / "seeds" / "calendar_months.csv"
FIRST_YEAR = 2009
# First day of the lunar year; the package has only the holiday around it.
LUNAR_NEW_YEARS = tuple(
    dt.date.fromisoformat(day)
    for day in (
        *("2009-01-26", "2010-02-14", "2011-02-03", "2012-01-23", "2013-02-10", "2014-01-31"),
        *("2015-02-19", "2016-02-08", "2017-01-28", "2018-02-16", "2019-02-05", "2020-01-25"),
        *("2021-02-12", "2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17"),
        *("2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03"),
    )
)


def rows() -> list[tuple[str, int, str]]:
    """(month, working days, Lunar New Year's day or empty) for every month of the years the package knows."""
    new_years = {day.replace(day=1): day.isoformat() for day in LUNAR_NEW_YEARS}
    last_year = max(day.year for day in holidays)
    found: list[tuple[str, int, str]] = []
    for month in (
        dt.date(year, number, 1) for year in range(FIRST_YEAR, last_year + 1) for number in range(1, 13)
    ):
        last = (month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
        working_days = len(chinese_calendar.get_workdays(month, last))
        found.append((month.isoformat(), working_days, new_years.get(month, "")))
    return found


def rewrite(path: Path = SEED) -> int:
    """Write the seed and return its number of rows."""
    months = rows()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("month", "working_days", "lunar_new_year"))
        writer.writerows(months)
    return len(months)


if __name__ == "__main__":
    print(f"{rewrite()} rows in {SEED.name}")
