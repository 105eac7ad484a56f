"""The release gate: every candidate mart's own rules, then the identities between them."""

import datetime as dt

import psycopg

from include.quality.gate import Gate
from include.quality.results import RuleResult, record


def audit(
    connection: psycopg.Connection,
    gate: Gate,
    build_id: int,
    marts: list[str],
    unproven: list[dt.date] | None,
) -> list[RuleResult]:
    """Validate the candidate; writes every result to ops.validation_result and returns them all.

    ``unproven``: the months that may differ from the newest release; None: every month.
    """
    from expectations import marts as mart_rules
    from expectations.identities import identities

    results: list[RuleResult] = []
    for mart in marts:
        results += gate.validate("candidate", mart, mart_rules.suite_of(mart), [])
    results += gate.validate("candidate", "market_share", identities(unproven), [])
    record(connection, "release", results, build_id=build_id)
    return results
