"""Compare figures of the candidate with the current release: measures, and SQL that finds jumps.

A cell is one combination of month, basis, product group and market group. Only periods that were finished in
the current release are compared cell by cell; an unfinished month grows, and is compared with the months
before it (:class:`Ahead`).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import Enum

_PRESENT = {"either": "true", "release": "in_release", "both": "in_release and in_candidate"}


class Kind(Enum):
    """The unit of a limit."""

    FACTOR = "x"  # the larger of the two is at most so many times the smaller
    POINTS = "pp"  # the figure is a fraction; its change in percentage points
    RATE = ""  # the figure's own change: contributions
    GROWTH = "growth"  # its change over 1 + growth: a tenth more value changes +200 % by 30 points


@dataclass(frozen=True)
class Measure:
    """A figure per cell, in periods that were finished in the current release, and how far it may change.

    ``value`` is an aggregate of the cell's rows. A cell whose ``weight`` (an aggregate in yuan) is below
    ``floor`` in both releases is ignored. ``because`` (zh, en) is the reason of the limit.
    """

    metric: str
    value: str
    cell: tuple[str, ...]
    kind: Kind
    limit: str
    because: tuple[str, str]
    where: str = "true"
    weight: str = "sum(value_cny)"
    floor: str = "0"
    # either: a new or missing cell has jumped; release: only a missing one; both: neither.
    of: str = "either"
    # Over the last twelve months together, for cells with rows in at least six of them.
    over_year: bool = False


@dataclass(frozen=True)
class Ahead:
    """A sum per cell in months after the last finished one, against the largest of the twelve before.

    Or against the same month in the release, which was accepted already. Cells with fewer than three of the
    twelve months are not compared. ``limit`` is a factor.
    """

    metric: str
    value: str
    cell: tuple[str, ...]
    limit: str
    because: tuple[str, str]
    where: str = "true"
    floor: str = "0"


@dataclass(frozen=True)
class Guard:
    """The measures of a mart. ``period`` are the columns of a period, the month or the first day first.

    ``finished`` is whether a row's period was finished. With ``both`` only periods of both releases are
    compared: each month the year to date ends later and is another period. A part of a period in which lines
    wait for an exchange rate, before or after, is not compared: ``waiting`` is the column of the parts, and
    the condition that a row's part waits.
    """

    mart: str
    period: tuple[str, ...]
    finished: str
    measures: tuple[Measure | Ahead, ...]
    both: bool = False
    waiting: tuple[str, str] | None = None
    # Whether the current release has the columns that ``waiting`` needs.
    did_wait: bool = True


def comparable(guard: Guard, new_columns: Collection[str]) -> Guard | None:
    """The guard without the measures that need a column which the current release does not have."""
    if _words(guard.finished, *guard.period) & set(new_columns):
        return None
    measures = tuple(
        m
        for m in guard.measures
        if not _words(m.value, m.where, *m.cell, getattr(m, "weight", "")) & set(new_columns)
    )
    did_wait = not (guard.waiting and _words(*guard.waiting) & set(new_columns))
    return replace(guard, measures=measures, did_wait=did_wait) if measures else None


def _words(*texts: str) -> set[str]:
    return set(re.findall(r"[a-z_][a-z_0-9]*", " ".join(texts)))


def released(mart: str, release_id: int) -> str:
    """A mart's rows in a release."""
    return (
        f"(select s.* from store.{mart} as s where s.valid_from_release <= {release_id}"  # noqa: S608  (ours)
        f" and s.valid_to_release > {release_id})"
    )


def jumps(guard: Guard, release_id: int) -> str:
    """Cells that moved beyond a limit, the furthest first: metric, cell, before, after, limit, why that."""
    period = ", ".join(guard.period)
    others = guard.period[1:]
    first = guard.period[0]
    shared = f" intersect select {period} from {{batch}}" if guard.both else ""  # noqa: S608  (ours)
    within = f"partition by {', '.join(others)}" if others else ""
    selects = " union all ".join(_select(guard, measure) for measure in guard.measures)
    return f"""
        with released as not materialized (select * from {released(guard.mart, release_id)} as own),
        periods as materialized (select {period} from released where {guard.finished}{shared}),
        waiting as materialized ({_waiting(guard)}),
        finished as materialized (select distinct {period} from periods),
        dated as (select *, max({first}) over ({within}) as latest from finished),
        year_before as (select {period} from dated where {first} > latest - interval '12 months'),
        jumped as ({selects})
        select metric, cell, cast(before as text) as before, cast(after as text) as after, "limit",
            because_zh, because_en
        from jumped order by excess desc nulls first, metric, cell
    """  # noqa: S608  (our own columns)


def _waiting(guard: Guard) -> str:
    """The periods and parts that wait for a rate, in the release or in the candidate."""
    if guard.waiting is None:
        return "select null where false"
    part, condition = guard.waiting
    sides = ("released", "{batch}") if guard.did_wait else ("{batch}",)
    period = ", ".join(guard.period)
    return " union ".join(f"select {period}, {part} from {rows} where {condition}" for rows in sides)  # noqa: S608


def _compared(guard: Guard) -> str:
    if guard.waiting is None:
        return "true"
    names = ", ".join(f"own.{name}" for name in (*guard.period, guard.waiting[0]))
    return f"({names}) not in (select * from waiting)"  # noqa: S608  (our own columns)


def _select(guard: Guard, measure: Measure | Ahead) -> str:
    return _ahead(guard, measure) if isinstance(measure, Ahead) else _cell_by_cell(guard, measure)


def _cell_by_cell(guard: Guard, measure: Measure) -> str:
    keys = (*(() if measure.over_year else guard.period), *measure.cell)
    names = ", ".join(keys)
    periods = "year_before" if measure.over_year else "finished"
    enough = f"having count(distinct {guard.period[0]}) >= 6" if measure.over_year else ""

    def side(rows: str, was: str, having: str = "") -> str:
        return (
            f"select {names}, {was} as was, {measure.value} as figure, {measure.weight} as weight"  # noqa: S608
            f" from {rows} as own inner join {periods} using ({', '.join(guard.period)})"
            f" where {measure.where} and {_compared(guard)} group by {names} {having}"
        )

    if measure.kind in (Kind.RATE, Kind.GROWTH):
        before, after = "before", "after"
        by = "greatest(1 + before, 1)" if measure.kind is Kind.GROWTH else "1"
        jumped = f"(after is null or abs(after - before) > {measure.limit} * {by})"
        excess = f"abs(after - before) / {by}"
    else:
        before = "case when in_release then before else 0 end"
        after = "coalesce(after, 0)"
        jumped = f"100 * abs(after - before) > {measure.limit}"
        excess = "100 * abs(after - before)"
    if measure.kind is Kind.FACTOR:
        jumped = f"greatest(after, before) > {measure.limit} * least(after, before)"
        excess = "greatest(after, before) / nullif(least(after, before), 0)"
    # Not a join: without statistics the planner would compute one side for each row of the other.
    return f"""
        select '{measure.metric}' as metric, {_named(keys)} as cell, before, after,
            '{_limit(measure)}' as "limit", {_because(measure)}, {excess} / {measure.limit} as excess
        from (
            select {names}, {before} as before, {after} as after
            from (
                select {names}, coalesce(bool_or(was), false) as in_release,
                    coalesce(bool_or(not was), false) as in_candidate, max(weight) as weight,
                    max(figure) filter (where was) as before, max(figure) filter (where not was) as after
                from ({side("released", "true", enough)} union all {side("{batch}", "false")}) as sides
                group by {names}
            ) as cells
            where weight >= {measure.floor} and {_PRESENT[measure.of]}
        ) as figures
        where before is not null and {jumped}
    """  # noqa: S608  (our own columns)


def _ahead(guard: Guard, measure: Ahead) -> str:
    keys = (*guard.period, *measure.cell)
    period, names, own = ", ".join(guard.period), ", ".join(keys), ", ".join(f"own.{key}" for key in keys)
    first, others = guard.period[0], guard.period[1:]
    cell_keys = ", ".join((*others, *measure.cell))
    same = " and ".join(f"ended.{name} = own.{name}" for name in others) or "true"
    per_basis = f"group by {', '.join(others)}" if others else ""
    return f"""
        select '{measure.metric}' as metric, {_named(keys)} as cell, greatest(before, visible) as before,
            after, 'x {measure.limit} of the largest month of a year' as "limit", {_because(measure)},
            after / nullif(greatest(before, visible), 0) / {measure.limit} as excess
        from (
            select {cell_keys}, max(figure) as before
            from (
                select {names}, {measure.value} as figure
                from released as own inner join year_before using ({period})
                where {measure.where} group by {names}
            ) as months
            group by {cell_keys} having count(*) >= 3
        ) as was
        inner join (
            select {own}, {measure.value} as after
            from {{batch}} as own
            inner join (
                select {", ".join((*others, f"max({first}) as latest"))} from finished {per_basis}
            ) as ended on own.{first} > ended.latest and {same}
            where {measure.where}
            group by {own}
        ) as now using ({cell_keys})
        left join (
            select {names}, {measure.value} as visible from released where {measure.where} group by {names}
        ) as seen using ({names})
        where after >= {measure.floor} and after > {measure.limit} * greatest(before, visible)
    """  # noqa: S608  (our own columns)


def _named(keys: Collection[str]) -> str:
    parts = ", ".join(f"concat('{key}=', {key})" for key in keys)
    return f"concat_ws(' ', {parts})"


def _because(measure: Measure | Ahead) -> str:
    zh, en = (text.replace("'", "''") for text in measure.because)
    return f"'{zh}' as because_zh, '{en}' as because_en"


def _limit(measure: Measure) -> str:
    limit = {
        Kind.FACTOR: f"x {measure.limit}",
        Kind.POINTS: f"{measure.limit} pp",
        Kind.RATE: f"+-{measure.limit}",
        Kind.GROWTH: f"+-{measure.limit} x (1 + before)",
    }[measure.kind]
    return f"{limit} over twelve months" if measure.over_year else limit
