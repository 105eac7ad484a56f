"""Which file delivers which version of a row: delivery periods, and the versions at the end of each."""

import datetime as dt
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import polars as pl

from include.demo.synthetic.mills import Bools, Ints
from include.demo.synthetic.orders import day_number

SHORT_YEAR_MONTHS = 6
DAILY_DAYS = 5


@dataclass(frozen=True)
class Calendar:
    """Delivery periods. ``usual`` and ``daily`` hold the period of each day from ``first_day`` on."""

    labels: list[str]
    last_days: list[int]
    first_day: int
    usual: Ints
    daily: Ints

    def period(self, day: Ints, is_daily: Bools) -> Ints:
        """The period in which what happened on ``day`` is delivered."""
        offset = day - self.first_day
        return np.where(is_daily, self.daily[offset], self.usual[offset])


def month_list(last_day: dt.date, months: int) -> list[dt.date]:
    """The first days of the ``months`` months that end with the month of ``last_day``."""
    last = last_day.year * 12 + last_day.month - 1
    return [dt.date(m // 12, m % 12 + 1, 1) for m in range(last - months + 1, last + 1)]


def order_calendar(months: list[dt.date], last_day: dt.date) -> Calendar:
    """Order files: a backlog file per year, then the last two months each, then single days.

    A mill delivers its history as one file per year when it joins; a first year of under six months is added
    to the next. The last two months are monthly files. Mills with an interface deliver the last five days of
    the last month in daily files.
    """
    labels: list[tuple[str, dt.date]] = []
    years = [list(group) for _, group in groupby(months[:-2], key=lambda month: month.year)]
    if len(years) > 1 and len(years[0]) < SHORT_YEAR_MONTHS:
        years = [years[0] + years[1], *years[2:]]
    for year in years:
        spans = dict.fromkeys((str(year[0].year), str(year[-1].year)))
        labels.append(("-".join(spans), year[0]))
    labels += [(f"{month:%Y-%m}", month) for month in months[-2:]]
    split = max(last_day - dt.timedelta(days=DAILY_DAYS - 1), months[-1])
    days = [split + dt.timedelta(days=d) for d in range((last_day - split).days + 1)]
    return _calendar(labels, days, last_day)


def declaration_calendar(months: list[dt.date], last_day: dt.date) -> Calendar:
    """Declaration files: one per month, and one per day in the last month."""
    labels = [(f"{month:%Y-%m}", month) for month in months[:-1]]
    days = [months[-1] + dt.timedelta(days=d) for d in range((last_day - months[-1]).days + 1)]
    return _calendar([*labels, (f"{months[-1]:%Y-%m}", months[-1])], days, last_day)


def versions(rows: pl.DataFrame, days: pl.Series, calendar: Calendar, is_daily: Bools) -> pl.DataFrame:
    """Rows of ``days`` to deliver, with ``period`` and ``version`` (0 first, 1 revised).

    A row revised within its delivery period is delivered once, in its revised version.
    """
    day = days.to_numpy()
    revised_day = rows["revised_day"].fill_null(-1).to_numpy()
    revised = revised_day >= 0
    period = calendar.period(day, is_daily)
    last_period = np.where(revised, calendar.period(np.where(revised, revised_day, day), is_daily), period)
    first = rows.with_columns(period=period, version=0).filter(~revised | (last_period != period))
    last = rows.with_columns(period=last_period, version=1).filter(revised)
    return pl.concat([first, last])


def take_due(
    waiting: list[pl.DataFrame], calendar: Calendar, day: int
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """(rows of the periods that end on or before ``day``, rows of later periods)."""
    rows = pl.concat(waiting)
    ended = np.array(calendar.last_days)[rows["period"].to_numpy()] <= day
    return rows.filter(ended), [rows.filter(~ended)]


def _calendar(labels: list[tuple[str, dt.date]], days: list[dt.date], last_day: dt.date) -> Calendar:
    """From the first day of each period; ``days`` are the single days that daily deliverers add."""
    starts = [day_number(start) for _, start in labels]
    first, last = starts[0], day_number(last_day)
    usual = np.searchsorted(starts, np.arange(first, last + 1), side="right") - 1
    daily = usual.copy()
    for number, day in enumerate(days):
        daily[day_number(day) - first] = len(labels) + number
    return Calendar(
        labels=[label for label, _ in labels] + [f"{day:%Y-%m-%d}" for day in days],
        last_days=[start - 1 for start in starts[1:]] + [last] + [day_number(day) for day in days],
        first_day=first,
        usual=usual,
        daily=daily,
    )
