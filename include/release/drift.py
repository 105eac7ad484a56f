"""Figures that jumped against the current release: report them, and accept them with a reason."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from include.quality.results import RuleResult
from include.release.approvals import check_reason, login_name
from include.settings import Role, Settings
from include.warehouse.connection import connect

log = logging.getLogger(__name__)

MAX_CELLS = 10  # reported per rule
_OVERRIDE = (
    "figures jumped against the current release. When they are right: `textile publish --accept-drift 'why'`,"
    " or trigger build_marts with accept_drift"
)

Cell = dict[str, Any]


@dataclass(frozen=True)
class Acceptance:
    """A person's decision that the jumps are right; the reason is recorded."""

    reason: str
    who: str


def read_acceptance(reason: str | None, who: str | None) -> Acceptance | None:
    """The acceptance with a checked reason; None without a reason. PublishError for an empty or long reason.

    ``who``: by default the login name of this process.
    """
    if reason is None:
        return None
    return Acceptance(check_reason(reason, "accepting a drift"), who or login_name())


def lines(result: RuleResult) -> Iterator[str]:
    """The first cells of a failed drift rule, a line each, then how many more there are."""
    if result.level != "drift":
        return
    for cell in cells(result):
        yield (
            f"{result.rule}: {cell['metric']} of {cell['cell']}: {cell['before']} -> {cell['after']},"
            f" limit {cell['limit']} ({cell['because_en']} / {cell['because_zh']})"
        )
    if (more := (result.unexpected_count or 0) - MAX_CELLS) > 0:
        yield f"{result.rule}: and {more} more, in the Data Docs"


def cells(result: RuleResult) -> list[Cell]:
    """The first cells of a failed drift rule, the furthest first."""
    return _first(result.details)


def _first(details: dict[str, Any]) -> list[Cell]:
    return [dict(row) for row in details["details"]["unexpected_rows"][:MAX_CELLS]]


def refusal(jumped: list[Cell]) -> str:
    """The message of a refused publish."""
    return "the release gate refused the candidate" + (f": {_OVERRIDE}" if jumped else "")


def jumps(settings: Settings, build_id: int) -> list[Cell]:
    """Cells that jumped in a build, at most ``MAX_CELLS`` of each rule."""
    with connect(settings, Role.PUBLISHER) as connection:
        found = connection.execute(
            # A killed validation may have left older results.
            "select distinct on (rule_code) rule_code, details from ops.validation_result where build_id = %s"
            " and not success and rule_code like 'drift\\_%%' order by rule_code, validation_id desc",
            [build_id],
        ).fetchall()
    return [{"rule": rule, **cell} for rule, details in found for cell in _first(details)]


def accept(
    connection: psycopg.Connection,
    build_id: int,
    accepted: Acceptance,
    failed: list[RuleResult],
) -> list[RuleResult]:
    """The failed rules that still refuse the build.

    When there are none, ``ops.accepted_drift`` gets who accepted, why, which rules and how many cells.
    """
    jumped = [result for result in failed if result.level == "drift"]
    if not jumped:
        log.info("build %s: no figure jumped; the reason was not needed and is not recorded", build_id)
    if others := [result for result in failed if result.level != "drift"]:
        return others
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.accepted_drift (build_id, rule_code, reason, accepted_by, cells, details)"
            " values (%s, %s, %s, %s, %s, %s)",
            [
                (build_id, r.rule, accepted.reason, accepted.who, r.unexpected_count, Jsonb(cells(r)))
                for r in jumped
            ],
        )
    for result in jumped:
        log.info("build %s: %s: accepted by %s: %s", build_id, result.rule, accepted.who, accepted.reason)
    return []
