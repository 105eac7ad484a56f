"""How far figures may change from one release to the next: a limit per measure, with its reason.

A limit allows the change by one mill that delivers a month late, and refuses larger errors: a missing source,
a delivery counted twice, a wrong unit or rate. The changes by single mills were measured
(docs/adr/0019-drift-guard.md); the limits are about twice as large. Only the number of rows is checked for
marts that follow from guarded figures (``share_bridge``, ``revision``), ``order_customs_bridge``, whose lag
in months each build estimates again, and the dimensions.
"""

from collections.abc import Collection

import great_expectations as gx
import great_expectations.expectations as gxe

from expectations.drift.growth_limits import GROWTHS
from expectations.drift.jumps import Guard, comparable, jumps, released
from expectations.drift.sales_limits import SALES
from expectations.rules import rule

GUARDS: dict[str, Guard] = {guard.mart: guard for guard in (*SALES, *GROWTHS)}
# A mart with fewer rows is a manual list, or the warehouse is new.
_FEWEST_ROWS = 100


def drift(mart: str, release_id: int, new_columns: Collection[str]) -> list[gx.expectations.Expectation]:
    """The mart's figures against a release, as a list of one rule; empty for a mart without a guard.

    ``new_columns``: columns of the candidate that the release does not have.
    """
    guard = GUARDS.get(mart) and comparable(GUARDS[mart], new_columns)
    return [_within_limits(f"drift_{mart}", release_id, jumps(guard, release_id))] if guard else []


def drift_of_rows(marts: Collection[str], release_id: int) -> list[gx.expectations.Expectation]:
    """No mart of those that the release has loses more than a tenth of its rows."""
    counts = " union all ".join(
        f"select '{mart}' as cell, (select count(*) from {released(mart, release_id)} as was) as before,"  # noqa: S608
        f" (select count(*) from {'{batch}' if mart == 'market_share' else f'candidate.{mart}'}) as after"
        for mart in sorted(marts)
    )
    query = f"""
        select 'rows' as metric, cell, cast(before as text) as before, cast(after as text) as after,
            'x 0.9' as "limit", '数据表只会增长' as because_zh, 'marts grow' as because_en
        from ({counts}) as counted
        where before >= {_FEWEST_ROWS} and after < 0.9 * before order by cell
    """  # noqa: S608  (our own marts)
    return [_within_limits("drift_rows", release_id, query)] if marts else []


def _within_limits(code: str, release_id: int, query: str) -> gx.expectations.Expectation:
    return rule(
        gxe.UnexpectedRowsExpectation,
        code,
        f"与第 {release_id} 版发布相比，有数值的变动超过限度",
        f"figures changed beyond their limits since release {release_id}",
        level="drift",
        unexpected_rows_query=query,
    )
