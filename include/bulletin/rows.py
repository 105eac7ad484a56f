"""Read the rows of a bulletin in one transaction, the figures with the rights of ``bi_reader``."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from include.bulletin import hidden_figures
from include.bulletin.sections import Text, sections, words
from include.errors import BulletinError
from include.quality.declared import list_file_rules
from include.release import pinned_reads
from include.settings import Role, Settings
from include.warehouse.connection import connect

QUERIES = Path(__file__).parent / "queries"

Row = dict[str, Any]


@dataclass(frozen=True)
class Content:
    """The content of a release's page; ``rows``: by section."""

    release: Row
    refused_loads: list[Row]
    missing_mills: list[Row]
    missing_rates: list[Row]
    bases: list[Row]
    months: list[Row]
    products: list[Row]
    markets: list[Row]
    metrics: list[Row]
    rows: dict[str, list[Row]]


def read(settings: Settings, release_id: int | None = None) -> Content:
    """Read a release, by default the current one; NoReleaseError when there is none."""
    with connect(settings, Role.PUBLISHER) as connection:
        connection.execute("set transaction isolation level repeatable read, read only")
        pinned_reads.pin(connection, release_id)
        # Restricted: which mills did not deliver; no sales.
        refused = [_with_reasons(row) for row in _rows(connection, "restricted/refused_loads")]
        missing = _rows(connection, "restricted/missing_mills")
        legs = {row["leg"]: frozenset(row["market_groups"]) for row in _rows(connection, "restricted/legs")}
        if not legs:
            raise BulletinError(
                "reference.market_groups is empty: dbt is rebuilding the seeds; `textile bulletin` again"
            )
        # From here on a query on a restricted mart fails.
        connection.execute("set local role bi_reader")
        disclosure = hidden_figures.Disclosure(_rows(connection, "mills"), legs)
        content = Content(
            release=_rows(connection, "release")[0],
            refused_loads=refused,
            missing_mills=missing,
            missing_rates=_rows(connection, "missing_rates"),
            bases=_rows(connection, "bases"),
            months=_rows(connection, "months"),
            products=_rows(connection, "products"),
            markets=_rows(connection, "markets"),
            metrics=_rows(connection, "metrics"),
            rows={s.id: disclosure.hide_in(s, _rows(connection, s.id)) for s in sections()},
        )
    _require_sums(content.rows["pulled"])
    return content


def _rows(connection: psycopg.Connection, name: str) -> list[Row]:
    query = (QUERIES / f"{name}.sql").read_bytes()
    return connection.cursor(row_factory=dict_row).execute(query).fetchall()


def _with_reasons(load: Row) -> Row:
    """Why a file was refused, in both languages; its message may quote the file, so it is not published."""
    known = words()["refusals"]
    if not known.keys() >= set(load["failed_rules"]):
        known = known | {
            rule.code: {"zh": rule.zh, "en": rule.en} for rule in list_file_rules(load["source"])
        }
    reasons: list[Text] = [known.get(rule, words()["page"]["other_rule"]) for rule in load["failed_rules"]]
    return {**load, "reasons": reasons}


def _require_sums(rows: list[Row]) -> None:
    """BulletinError when contributions do not add up, as the page states."""
    sums: dict[tuple[Any, Any], list[Any]] = defaultdict(list)
    totals = {}
    for row in rows:
        cell = row["product"], row["month"]
        if row["member"] == hidden_figures.TOTAL:
            totals[cell] = row["contribution_pp"]
        elif row["contribution_pp"] is not None:
            sums[cell].append(row["contribution_pp"])
    for cell, total in totals.items():
        if total is not None and abs(sum(sums[cell]) - total) > hidden_figures.TOLERANCE_PP:
            raise BulletinError(
                f"contributions of {cell[0]} in {cell[1]:%Y-%m} sum to {sum(sums[cell])}, not to {total}:"
                " marts.growth_contribution is wrong, or include/bulletin/queries/pulled.sql"
            )
