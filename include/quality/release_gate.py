"""The release gate: rules and drift limits of each mart, identities between marts, saved queries."""

import datetime as dt
from typing import Any

import psycopg

from include.quality import saved_queries
from include.quality.gate import Gate
from include.quality.results import RuleResult, record
from include.transform.dbt_manifest import Mart
from include.warehouse import store_tables


def validate(
    connection: psycopg.Connection,
    gate: Gate,
    build_id: int,
    marts: list[Mart],
    unproven: list[dt.date] | None,
) -> list[RuleResult]:
    """Validate the candidate, also against the current release; records every result and returns them all.

    ``unproven``: the months that may differ from the newest release; None: every month.
    """
    from expectations import marts as mart_rules
    from expectations.identities import identities

    names = [mart.name for mart in marts]
    drift = _drift_rules(connection, names)
    results: list[RuleResult] = []
    for mart in names:
        results += gate.validate("candidate", mart, _with(mart_rules.suite_of(mart), drift.get(mart)), [])
    results += gate.validate("candidate", "market_share", _with(identities(unproven), drift.get("")), [])
    restricted = {mart.name for mart in marts if mart.restricted}
    replayed = saved_queries.replay(connection, restricted, saved_queries.FOLDER)
    gate.report(replayed)
    results += replayed
    record(connection, "release", results, build_id=build_id)
    return results


def _drift_rules(connection: psycopg.Connection, marts: list[str]) -> dict[str, list[Any]]:
    """Drift rules by mart, those of all marts under an empty name; none without a current release.

    A mart or a column that the current release does not have is not compared.
    """
    from expectations.drift import drift, drift_of_rows

    current = connection.execute("select release_id from store.current_release").fetchone()
    if current is None:
        return {}
    (release_id,) = current
    stored = {mart: {c.name for c in store_tables.columns(connection, "store", mart)} for mart in marts}
    released = [mart for mart in marts if stored[mart]]
    rules = {
        mart: drift(
            mart,
            release_id,
            {c.name for c in store_tables.columns(connection, "candidate", mart)} - stored[mart],
        )
        for mart in released
    }
    return {**rules, "": drift_of_rows(released, release_id)}


def _with(declared: Any, more: list[Any] | None) -> Any:
    """A suite with further rules."""
    from expectations.rules import suite

    return suite(declared.name, [*declared.expectations, *more]) if more else declared
