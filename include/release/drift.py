"""Figures that jumped against the current release: shown to whoever decides, and accepted with a reason."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from include.quality.results import RuleResult
from include.release.approvals import login_name, reason_given
from include.settings import Role, Settings
from include.warehouse.connection import connect

log = logging.getLogger(__name__)

SHOWN = 10  # jumped cells of a rule
_OVERRIDE = (
    "figures jumped against the current release. When they are right: `textile publish --accept-drift 'why'`,"
    " or trigger build_marts with accept_drift"
)

Cell = dict[str, Any]


@dataclass(frozen=True)
class Acceptance:
    """A person takes jumps for right: they refuse nothing, and the reason is recorded."""

    reason: str
    who: str


def acceptance(reason: str | None, who: str | None) -> Acceptance | None:
    """What a person said; None when nothing. PublishError for a reason that is none.

    ``who``: the login name of this process unless said.
    """
    if reason is None:
        return None
    return Acceptance(reason_given(reason, "accepting a drift"), who or login_name())


def lines(result: RuleResult) -> Iterator[str]:
    """What to show of a failed drift rule: its first cells, a line each, and how many there are beside."""
    if result.level != "drift":
        return
    for cell in cells(result):
        yield (
            f"{result.rule}: {cell['metric']} of {cell['cell']}: {cell['before']} -> {cell['after']},"
            f" limit {cell['limit']} ({cell['because_en']} / {cell['because_zh']})"
        )
    if (beside := (result.unexpected_count or 0) - SHOWN) > 0:
        yield f"{result.rule}: and {beside} more, in the Data Docs"


def cells(result: RuleResult) -> list[Cell]:
    """The first cells of a failed drift rule, the furthest first."""
    return _first(result.details)


def _first(details: dict[str, Any]) -> list[Cell]:
    """As Great Expectations keeps them."""
    return [dict(row) for row in details["details"]["unexpected_rows"][:SHOWN]]


def refusal(jumped: list[Cell]) -> str:
    """What a refused publish says."""
    return "the release gate refused the candidate" + (f": {_OVERRIDE}" if jumped else "")


def jumps(settings: Settings, build_id: int) -> list[Cell]:
    """Cells that jumped in a build, at most ``SHOWN`` of each rule."""
    with connect(settings, Role.PUBLISHER) as connection:
        found = connection.execute(
            # A validation that was killed has left results of its own.
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
    """The failed rules that still refuse the build. When none does, what was accepted is recorded.

    In ``ops.accepted_drift``: who, why, which rules, how many cells.
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
