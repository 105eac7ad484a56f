"""Warn before exchange rates and calendars run out."""

import datetime as dt
from collections.abc import Collection
from zoneinfo import ZoneInfo

import psycopg

from include.release import entered_rates
from include.release.entered_rates import next_month, rate_day
from include.settings import ZONE
from include.sources.lookups import seed

WARN_DAYS = 45
_CALENDARS = {
    "calendar_months": "update chinesecalendar, then `python -m include.seeds.calendar_months`",
    "release_calendar": "`python -m include.seeds.release_calendar` after raising its LAST_YEAR",
}


def warnings(connection: psycopg.Connection | None, today: dt.date | None = None) -> list[str]:
    """What runs out within 45 days or has run out, and order lines without a rate; a line for each.

    Without a connection only the seeds are checked. ``today``: by default the day in Shanghai.
    """
    today = today or dt.datetime.now(ZoneInfo(ZONE)).date()
    return [
        *_rates_due(connection, today),
        *_calendars_due(today),
        *(entered_rates.message(gap) for gap in (entered_rates.missing(connection) if connection else [])),
    ]


def _rates_due(connection: psycopg.Connection | None, today: dt.date) -> list[str]:
    known = set(entered_rates.known_rates(connection))
    used = {"USD"}
    if connection:
        used |= entered_rates.currencies_in_use(connection, today.replace(year=today.year - 1, day=1))
    due: dict[dt.date, list[str]] = {}
    for currency in sorted(used):
        end = _first_unknown({month for month, of in known if of == currency}, today)
        if _is_due(end, today):
            due.setdefault(end, []).append(currency)
    return [
        f"exchange rates of {', '.join(currencies)} {_until(end, today)}: from {rate_day(end)} on "
        f"`textile rate {end:%Y-%m} {currencies[0]} YUAN_FOR_ONE` (the third Wednesday of the month before)"
        for end, currencies in sorted(due.items())
    ]


def _calendars_due(today: dt.date) -> list[str]:
    found = []
    for name, remedy in _CALENDARS.items():
        end = _first_unknown({dt.date.fromisoformat(month) for month in seed(name)["month"]}, today)
        if _is_due(end, today):
            found.append(f"days of dbt_project/seeds/{name}.csv {_until(end, today)}: {remedy}")
    return found


def _first_unknown(known: Collection[dt.date], today: dt.date) -> dt.date:
    """The first month from the present one on that is not in ``known``."""
    month = today.replace(day=1)
    while month in known:
        month = next_month(month)
    return month


def _is_due(end: dt.date, today: dt.date) -> bool:
    return (end - today).days <= WARN_DAYS


def _until(end: dt.date, today: dt.date) -> str:
    if end <= today:
        return f"have run out: none is known for {end:%Y-%m}"
    return f"run out in {(end - today).days} days: none is known from {end:%Y-%m} on"
