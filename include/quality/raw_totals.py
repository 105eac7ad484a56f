"""Compare the newest release with raw by month, as the release gate does."""

import datetime as dt
from dataclasses import dataclass

import psycopg


@dataclass(frozen=True)
class Comparison:
    """``months``: how many were compared, of orders and of declarations; ``differing``: month and basis."""

    months: int
    differing: list[tuple[dt.date, str]]


def compare(connection: psycopg.Connection, leave_out: list[dt.date]) -> Comparison:
    """Compare every month of the newest release except those in ``leave_out`` (their first days)."""
    from expectations import totals

    within = totals.all_but(leave_out)
    differing = connection.execute(totals.differing_from_raw(totals.NEWEST_RELEASE, within).encode())
    differing_months = [(month, basis) for month, basis, *_ in differing.fetchall()]
    compared = connection.execute(totals.monthly_totals(totals.NEWEST_RELEASE, within).encode())
    return Comparison(len(compared.fetchall()), differing_months)
