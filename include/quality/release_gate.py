"""The release gate: each candidate mart's rules, the identities between them, and the dashboards' queries."""

import datetime as dt

import psycopg

from include.quality import saved_queries
from include.quality.gate import Gate
from include.quality.results import RuleResult, record
from include.transform.manifest import Mart


def audit(
    connection: psycopg.Connection,
    gate: Gate,
    build_id: int,
    marts: list[Mart],
    unproven: list[dt.date] | None,
) -> list[RuleResult]:
    """Validate the candidate; writes every result to ops.validation_result and returns them all.

    ``unproven``: the months that may differ from the newest release; None: every month.
    """
    from expectations import marts as mart_rules
    from expectations.identities import identities

    results: list[RuleResult] = []
    for mart in marts:
        results += gate.validate("candidate", mart.name, mart_rules.suite_of(mart.name), [])
    results += gate.validate("candidate", "market_share", identities(unproven), [])
    restricted = {mart.name for mart in marts if mart.restricted}
    replayed = saved_queries.replay(connection, restricted, saved_queries.FOLDER)
    gate.report(replayed)
    results += replayed
    record(connection, "release", results, build_id=build_id)
    return results
