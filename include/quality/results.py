"""Results of a gate: one per rule, stored in ``ops.validation_result``."""

import json
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from expectations.levels import Level


@dataclass(frozen=True)
class RuleResult:
    """The result of one rule.

    ``rows_query`` selects the index columns of every failing row (Great Expectations itself keeps only a
    sample); None where the rule passed or is about the table as a whole.
    """

    suite: str
    rule: str
    level: Level
    severity: str
    expectation: str
    column: str | None
    success: bool
    unexpected_count: int | None
    zh: str
    en: str
    rows_query: str | None
    details: dict[str, Any]


def record(
    connection: psycopg.Connection,
    gate: str,
    results: list[RuleResult],
    *,
    first_load_id: int | None = None,
    last_load_id: int | None = None,
    build_id: int | None = None,
) -> None:
    """Write the results of one validation of ``gate`` (load or release)."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.validation_result (gate, first_load_id, last_load_id, build_id, suite,"
            " rule_code, expectation, column_name, severity, success, unexpected_count, details)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    gate,
                    first_load_id,
                    last_load_id,
                    build_id,
                    r.suite,
                    r.rule,
                    r.expectation,
                    r.column,
                    r.severity,
                    r.success,
                    r.unexpected_count,
                    Jsonb(r.details, dumps=_dumps),
                )
                for r in results
            ],
        )


def _dumps(value: object) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)
