"""From the load table to ``raw``: which rows are new, changed, known already, or no longer delivered.

Of all versions of a key the one with the highest (version column, load, line) counts: it stands in
``raw.<source>``, the others in ``raw.<source>_history``. A row equal to the version before it is *unchanged*
and leaves no trace.
"""

from dataclasses import dataclass
from typing import NamedTuple

import psycopg

from include.sources.contract import Contract
from include.warehouse.bootstrap import LINEAGE
from include.warehouse.connection import scalar
from include.warehouse.load_table import REPEATED_KEY, LoadTable


@dataclass(frozen=True)
class Counts:
    """What accepting one load did, in rows; ``removed`` left the current state with their slice."""

    accepted: int
    unchanged: int
    quarantined: int
    removed: int


class Classified(NamedTuple):
    """What the rows of one load are, counted."""

    load_id: int
    rows: int
    rejected: int
    unchanged: int
    contested: int

    @property
    def new(self) -> int:
        """Rows whose key is in this load once, and not in raw."""
        return self.rows - self.rejected - self.unchanged - self.contested


def accept(
    connection: psycopg.Connection, table: LoadTable, load_ids: list[int], filtered_by: tuple[str, ...] = ()
) -> dict[int, Counts]:
    """Accept the rows of the given loads that break no row rule; in the caller's transaction.

    ``filtered_by``: columns on which the one load's query was restricted (see profile.Manifest).
    """
    loads = {"loads": load_ids}
    # In this order: what is asked of raw is asked before it grows, and its statistics are of before as well.
    totals = _look_up(connection, table, loads)
    unchanged = _settle_contested(connection, table, loads) if any(t.contested for t in totals) else {}
    if any(t.new for t in totals):
        _insert_new(connection, table, loads)
    removed = _replace_slices(connection, table, load_ids[0], filtered_by) if table.contract.slice else 0
    connection.execute(f"drop table {table.known}")
    counts = {}
    for t in totals:
        repeated = t.unchanged + unchanged.get(t.load_id, 0)
        counts[t.load_id] = Counts(t.rows - t.rejected - repeated, repeated, t.rejected, removed)
    return counts


def _columns(contract: Contract, alias: str = "") -> str:
    prefix = f"{alias}." if alias else ""
    return ", ".join(f"{prefix}{name}" for name in [*contract.names, *LINEAGE])


def _same_key(contract: Contract, left: str, right: str) -> str:
    return " and ".join(f"{left}.{k} = {right}.{k}" for k in contract.key)


def _same_content(contract: Contract, left: str, right: str) -> str:
    return " and ".join(f"{left}.{n} is not distinct from {right}.{n}" for n in contract.names)


def _of_row(table: str, where: str = "true") -> str:
    """Whether ``table`` has the row ``i``."""
    same_row = "x._load_id = i._load_id and x._line_no = i._line_no"
    return f"exists (select 1 from {table} as x where {same_row} and {where})"


def _look_up(
    connection: psycopg.Connection, table: LoadTable, loads: dict[str, list[int]]
) -> list[Classified]:
    """Ask raw once for the key of every good row; ``table.known`` gets the rows that are not simply new.

    ``unchanged`` stands in raw exactly as delivered, ``contested`` with other content, or its key stands
    more than once in this batch.
    """
    contract = table.contract
    good = f"i._load_id = any(%(loads)s) and not {_of_row(table.rejects)}"
    repeated = f"x.mark = '{REPEATED_KEY}'"
    # The lateral subquery with "offset 0" is looked up by key for every row, in all processes at once: the
    # cost follows the batch. A planner that preferred to read all of raw would follow history.
    connection.execute(
        f"""
        create unlogged table {table.known} as
        select i._load_id, i._line_no, case when is_same then 'unchanged' else 'contested' end as verdict
        from {table.rows} as i
        cross join lateral (
            select {_same_content(contract, "c", "i")} as is_same
            from raw.{contract.source} as c
            where {_same_key(contract, "c", "i")}
            offset 0
        ) as found
        where {good} and not {_of_row(table.findings, repeated)}
        union all
        select i._load_id, i._line_no, 'contested'
        from {table.findings} as i
        where i.mark = '{REPEATED_KEY}' and {good}
        """,
        loads,
    )
    connection.execute(f"analyze {table.known}")
    counted = connection.execute(
        f"""
        select load_id, r.rows, coalesce(x.rejected, 0), coalesce(k.unchanged, 0), coalesce(k.contested, 0)
        from unnest(%(loads)s::bigint[]) as load_id
        inner join (select _load_id, count(*) as rows from {table.rows} group by _load_id) as r
            on r._load_id = load_id
        left join (
            select _load_id, count(distinct _line_no) as rejected from {table.rejects} group by _load_id
        ) as x on x._load_id = load_id
        left join (
            select _load_id, count(*) filter (where verdict = 'unchanged') as unchanged,
                count(*) filter (where verdict = 'contested') as contested
            from {table.known} group by _load_id
        ) as k on k._load_id = load_id
        """,
        loads,
    )
    return [Classified(*row) for row in counted]


def _insert_new(connection: psycopg.Connection, table: LoadTable, loads: dict[str, list[int]]) -> None:
    """Insert the rows whose key raw has not seen."""
    columns = _columns(table.contract)
    connection.execute(
        f"insert into raw.{table.contract.source} ({columns}) select {columns} from {table.rows} as i"
        f" where i._load_id = any(%(loads)s) and not {_of_row(table.rejects)} and not {_of_row(table.known)}",
        loads,
    )


def _settle_contested(
    connection: psycopg.Connection, table: LoadTable, loads: dict[str, list[int]]
) -> dict[int, int]:
    """Keys with several versions: order all versions, old and new; the last one counts.

    Returns the rows per load that only repeat the version before them.
    """
    contract = table.contract
    source, columns, key = contract.source, _columns(contract), ", ".join(contract.key)
    order = [*([contract.version_column] if contract.version_column else []), "_load_id", "_line_no"]
    content = f"md5(row({', '.join(contract.names)})::text)"
    # An older version may arrive late where rows carry their version. Where the delivery is the version,
    # history is behind us: a row that was withdrawn and comes back is a new row.
    history = (
        f"union all select {columns}, _accepted_at, 'history' from raw.{source}_history"
        f" inner join contested using ({key})"
        if contract.version_column
        else ""
    )
    connection.execute(
        f"""
        create temporary table incoming on commit drop as
        select {_columns(contract, "i")} from {table.rows} as i
        where i._load_id = any(%(loads)s) and {_of_row(table.known, "x.verdict = 'contested'")}
        """,
        loads,
    )
    connection.execute(f"analyze incoming ({key})")
    connection.execute(
        f"""
        create temporary table versions on commit drop as
        with contested as (select distinct {key} from incoming),
        known as (
            select {columns}, _accepted_at, 'current' as origin
            from raw.{source} inner join contested using ({key})
            {history}
            union all
            select {columns}, clock_timestamp(), 'incoming' from incoming
        ),
        compared as (
            select *,
                origin = 'incoming' and {content} is not distinct from lag({content}) over in_order as repeats
            from known
            window in_order as (partition by {key} order by {", ".join(order)})
        )
        select *,
            row_number() over best_first = 1 as counts,
            first_value(_load_id) over best_first as counting_load_id
        from compared
        window best_first as (partition by {key} order by repeats, {", ".join(f"{c} desc" for c in order)})
        """
    )
    connection.execute(f"analyze versions ({key}, origin, counts)")
    connection.execute(
        f"delete from raw.{source} as c using versions as v"
        f" where v.origin = 'current' and not v.counts and {_same_key(contract, 'c', 'v')}"
    )
    connection.execute(
        f"insert into raw.{source}_history ({columns}, _accepted_at, _superseded_by)"
        f" select {columns}, _accepted_at, counting_load_id from versions"
        " where not counts and not repeats and origin <> 'history'"
    )
    connection.execute(
        f"insert into raw.{source} ({columns}) select {columns} from versions"
        " where origin = 'incoming' and counts and not repeats"
    )
    rows = connection.execute(
        "select _load_id, count(*) from versions where repeats group by _load_id"
    ).fetchall()
    connection.execute("drop table incoming, versions")
    return {int(load): int(count) for load, count in rows}


def _replace_slices(
    connection: psycopg.Connection, table: LoadTable, load_id: int, filtered_by: tuple[str, ...]
) -> int:
    """A download replaces its slice: rows of it that are no longer delivered go to history.

    Queries that split by different dimensions have different slices, and so have queries restricted on
    a column. A download with a refused row withdraws nothing: the row that seems gone may be the one that
    could not be read. Returns the number of rows removed.
    """
    contract = table.contract
    if scalar(
        connection,
        f"select exists (select 1 from {table.rejects} where _load_id = %(load)s)",
        {"load": load_id},
    ):
        return 0
    totals = {c.name: c.absent_as for c in contract.columns if c.absent_as and c.name not in filtered_by}
    same_slice = [f"c.{s} = s.{s}" for s in (*contract.slice, *filtered_by)]
    same_slice += [f"(c.{name} = '{total}') = s.{name}_is_total" for name, total in totals.items()]
    split = [*contract.slice, *filtered_by]
    split += [f"{name} = '{total}' as {name}_is_total" for name, total in totals.items()]
    query = f"""
        with slices as (select distinct {", ".join(split)} from {table.rows} where _load_id = %(load)s),
        gone as (
            delete from raw.{contract.source} as c
            using slices as s
            where {" and ".join(same_slice)}
                and not exists (
                    select 1 from {table.rows} as i
                    where i._load_id = %(load)s and {_same_key(contract, "i", "c")}
                )
            returning {_columns(contract, "c")}, c._accepted_at
        ),
        kept as (
            insert into raw.{contract.source}_history ({_columns(contract)}, _accepted_at, _superseded_by)
            select {_columns(contract)}, _accepted_at, %(load)s from gone
            returning 1
        )
        select count(*) from kept
    """
    return int(scalar(connection, query, {"load": load_id}))
