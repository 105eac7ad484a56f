"""Codes, names and exchange rates from the warehouse's seeds, in the notations of the files."""

import datetime as dt
from dataclasses import dataclass
from functools import cache

from include.errors import SetupError
from include.sources.lookups import seed


@dataclass(frozen=True)
class Reference:
    """Seeds as dictionaries; every inner dictionary is keyed by the canonical code."""

    rates: dict[tuple[dt.date, str], float]
    countries: dict[str, dict[str, str]]
    provinces: dict[str, dict[str, str]]
    units: dict[str, dict[str, str]]

    def rate(self, month: dt.date, currency: str) -> float:
        """CNY per unit of ``currency`` in ``month`` (first day).

        Raises SetupError when the seed has no such month.
        """
        if (month, currency) not in self.rates:
            raise SetupError(
                f"dbt_project/seeds/exchange_rates.csv has no {currency} rate for {month:%Y-%m}: "
                "add the month there, or generate months that it has"
            )
        return self.rates[month, currency]


@cache
def load_reference() -> Reference:
    """Read the seeds once per process."""
    rates = {
        (dt.date.fromisoformat(month), currency): float(rate)
        for month, currency, rate in seed("exchange_rates")
        .select("month", "currency", "cny_per_unit")
        .iter_rows()
    }
    return Reference(
        rates=rates,
        countries=_by_code("countries", "country_code"),
        provinces=_by_code("provinces", "province_code"),
        units=_by_code("units", "unit_code"),
    )


def _by_code(name: str, code: str) -> dict[str, dict[str, str]]:
    return {row[code]: row for row in seed(name).iter_rows(named=True)}
