"""Customs exchange rates: those of the seed, and those that the bureau enters for later months."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import NamedTuple

import psycopg

from include.errors import ExchangeRateError, HalfRestoredError
from include.release.approvals import login_name
from include.settings import Role, Settings
from include.sources.lookups import codes, seed
from include.warehouse.connection import connect, exclusive, scalar

# Its name among the inputs of a build (ops.build.inputs).
INPUT = "ops.exchange_rate"
# A larger factor to the rate of the nearest month is a typing error, or a rate for a hundred units.
_MAX_FACTOR = 2
_SOLD = "intermediate.int_sales__monthly"

# Month (its first day) and currency -> yuan for one unit.
Rates = dict[tuple[dt.date, str], Decimal]


class MissingRate(NamedTuple):
    """Order lines whose value in yuan is not known, because their month has no rate of their currency."""

    month: dt.date
    currency: str
    lines: int


def enter(settings: Settings, month: dt.date, currency: str, cny_per_unit: Decimal, today: dt.date) -> None:
    """Record the rate of a month; the next build uses it.

    ``month`` is its first day. ExchangeRateError for a currency that the seed ``currencies`` lacks, a month
    whose rate is not published yet, and a rate too far from that of the nearest month.
    """
    if currency == "CNY":
        raise ExchangeRateError("CNY: yuan need no rate")
    if currency not in codes("currencies"):
        known = ", ".join(sorted(codes("currencies") - {"CNY"}))
        raise ExchangeRateError(
            f"{currency}: no such currency; there are {known} (dbt_project/seeds/currencies.csv)"
        )
    if today < (known_from := rate_day(month)):
        raise ExchangeRateError(f"the rate of {month:%Y-%m} is that of {known_from}: enter it from then on")
    with (
        connect(settings, Role.PUBLISHER, autocommit=True) as connection,
        exclusive(connection, "release"),  # a running build has read the rates already
    ):
        rates = known_rates(connection)
        by_distance = [
            (abs(m - month), m, rate) for (m, c), rate in rates.items() if c == currency and m != month
        ]
        _, nearest, rate = min(by_distance, default=(None, month, cny_per_unit))
        if not rate / _MAX_FACTOR <= cny_per_unit <= rate * _MAX_FACTOR:
            raise ExchangeRateError(
                f"{cny_per_unit} yuan for one {currency}: in {nearest:%Y-%m} it is {rate}. "
                "Say the yuan for one unit, not for a hundred"
            )
        if rates.get((month, currency)) != cny_per_unit:
            connection.execute(
                "insert into ops.exchange_rate (month, currency, cny_per_unit, entered_by)"
                " values (%s, %s, %s, %s)",
                [month, currency, cny_per_unit, login_name()],
            )


def known_rates(connection: psycopg.Connection | None) -> Rates:
    """Every known rate, as in int_money__exchange_rates; without a connection only those of the seed."""
    rates = {
        (dt.date.fromisoformat(month), currency): Decimal(rate)
        for month, currency, rate in seed("exchange_rates")
        .select("month", "currency", "cny_per_unit")
        .iter_rows()
    }
    if connection:
        with _require_table():
            rows: Iterable[tuple[dt.date, str, Decimal]] = connection.execute(
                "select month, currency, cny_per_unit from ops.exchange_rate order by entered_at"
            )
        rates.update({(month, currency): rate for month, currency, rate in rows})
    return rates


def checksum(connection: psycopg.Connection) -> str | None:
    """Twelve hex digits over the entered rates; None while there are none."""
    with _require_table():
        return next(reversed(checksums(connection)), None)


def checksums(connection: psycopg.Connection) -> list[str]:
    """The checksum after each entered rate, oldest first: each may be among the inputs of a build."""
    rows: Iterable[tuple[dt.date, str, str]] = connection.execute(
        "select month, currency, cny_per_unit::text from ops.exchange_rate order by entered_at"
    )
    newest: dict[tuple[dt.date, str], str] = {}
    found = []
    for month, currency, rate in rows:
        newest[month, currency] = rate
        listed = [(*of, newest[of]) for of in sorted(newest)]
        found.append(hashlib.sha256(repr(listed).encode()).hexdigest()[:12])
    return found


def missing(connection: psycopg.Connection) -> list[MissingRate]:
    """Order lines without a rate in the newest build that still have none, by month and currency."""
    if not _has_sales(connection):
        return []
    rows = connection.execute(
        f"select month, currency, sum(lines_without_rate)::bigint from {_SOLD}".encode()
        + b" where lines_without_rate > 0 group by month, currency order by month, currency"
    )
    known = known_rates(connection)
    return [MissingRate(*row) for row in rows if row[:2] not in known]


def currencies_in_use(connection: psycopg.Connection, since: dt.date) -> set[str]:
    """Currencies other than yuan of orders since a month, as of the newest build."""
    if not _has_sales(connection):
        return set()
    rows = connection.execute(
        f"select distinct currency from {_SOLD} where basis = 'order_book' and month >= %s".encode(), [since]
    )
    return {currency for (currency,) in rows} - {"CNY"}


def message(gap: MissingRate) -> str:
    """Which rate is missing and how to enter it."""
    return (
        f"{gap.lines} order line(s) of {gap.month:%Y-%m} in {gap.currency} have no exchange rate: amounts"
        " leave them out, shares and growths with them are empty (no_exchange_rate). Enter it: `textile rate"
        f" {gap.month:%Y-%m} {gap.currency} YUAN_FOR_ONE`, then publish"
    )


def rate_day(month: dt.date) -> dt.date:
    """The third Wednesday of the month before: the day of the rate, unless it is a holiday."""
    first = (month - dt.timedelta(days=1)).replace(day=1)
    return first + dt.timedelta(days=(2 - first.weekday()) % 7 + 14)


def next_month(month: dt.date) -> dt.date:
    """The first day of the month after."""
    return (month + dt.timedelta(days=31)).replace(day=1)


@contextmanager
def _require_table() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.UndefinedTable as error:
        why = f"the warehouse is not whole: {INPUT} is not there; `textile check` says what to do"
        raise HalfRestoredError(why) from error


def _has_sales(connection: psycopg.Connection) -> bool:
    return scalar(connection, f"select to_regclass('{_SOLD}')") is not None
