"""From the load table to ``raw``: which rows are new, changed, known already, or no longer delivered.

Of all versions of a key the one with the highest (version column, load, line) counts: it stands in
``raw.<source>``, the others in ``raw.<source>_history``. A row equal to the version before it is *unchanged*
and leaves no trace.
"""

from dataclasses import dataclass

import psycopg

from include.sources.contract import Contract
from include.warehouse.bootstrap import LINEAGE
from include.warehouse.connection import scalar
from include.warehouse.load_table import LoadTable


@dataclass(frozen=True)
class Counts:
    """What accepting one load did, in rows; ``removed`` left the current state with their slice."""

    accepted: int
    unchanged: int
    quarantined: int
    removed: int


def accept(
    connection: psycopg.Connection, table: LoadTable, load_ids: list[int], filtered_by: tuple[str, ...] = ()
) -> dict[int, Counts]:
    """Accept the rows of the given loads that break no row rule; in the caller's transaction.

    ``filtered_by``: columns on which the one load's query was restricted (see profile.Manifest).
    """
    contract = table.contract
    mine, loads = "i._load_id = any(%(loads)s)", {"loads": load_ids}
    _mark(connection, table, mine, loads)
    # In this order: what is asked of raw is asked before it grows, the statistics are of before as well.
    unchanged = _settle_contested(connection, table, mine, loads)
    for load, known in _insert_new(connection, table, mine, loads).items():
        unchanged[load] = unchanged.get(load, 0) + known
    removed = _replace_slices(connection, table, load_ids[0], filtered_by) if contract.slice else 0
    totals = connection.execute(
        "select _load_id, count(*) filter (where _verdict is distinct from 'rejected'),"
        " count(*) filter (where _verdict = 'rejected')"
        f" from {table.rows} as i where {mine} group by _load_id",
        loads,
    ).fetchall()
    return {
        load: Counts(good - unchanged.get(load, 0), unchanged.get(load, 0), rejected, removed)
        for load, good, rejected in totals
    }


def _columns(contract: Contract, alias: str = "") -> str:
    prefix = f"{alias}." if alias else ""
    return ", ".join(f"{prefix}{name}" for name in [*contract.names, *LINEAGE])


def _same_key(contract: Contract, left: str, right: str) -> str:
    return " and ".join(f"{left}.{k} = {right}.{k}" for k in contract.key)


def _same_content(contract: Contract, left: str, right: str) -> str:
    return " and ".join(f"{left}.{n} is not distinct from {right}.{n}" for n in contract.names)


def _mark(connection: psycopg.Connection, table: LoadTable, mine: str, loads: dict[str, list[int]]) -> None:
    """Give a verdict to the few rows that need one.

    ``rejected`` broke a row rule; ``contested`` stands in raw with other content, or more than once in
    this batch. All others are new, or equal to what raw has.
    """
    contract = table.contract
    connection.execute(
        f"update {table.rows} as i set _verdict = 'rejected' from {table.rejects} as r"
        f" where {mine} and r._load_id = i._load_id and r._line_no = i._line_no",
        loads,
    )
    connection.execute(
        f"update {table.rows} as i set _verdict = 'contested'"
        f" where {mine} and i._repeats and i._verdict is null",
        loads,
    )
    connection.execute(
        f"update {table.rows} as i set _verdict = 'contested' from raw.{contract.source} as c"
        f" where {mine} and i._verdict is null and {_same_key(contract, 'c', 'i')}"
        f" and not ({_same_content(contract, 'c', 'i')})",
        loads,
    )


def _insert_new(
    connection: psycopg.Connection, table: LoadTable, mine: str, loads: dict[str, list[int]]
) -> dict[int, int]:
    """Insert the rows whose key raw has not seen; returns the others per load.

    An uncontested row whose key is there stands there exactly as delivered. Those are found before the
    first insert: a join against the growing table, planned while it was small, took hours.
    """
    contract, columns = table.contract, _columns(table.contract)
    connection.execute(
        f"create temporary table known on commit drop as select i._load_id, i._line_no from {table.rows} as i"
        f" inner join raw.{contract.source} as c on {_same_key(contract, 'c', 'i')}"
        f" where {mine} and i._verdict is null",
        loads,
    )
    connection.execute("analyze known")
    known = connection.execute("select _load_id, count(*) from known group by _load_id").fetchall()
    is_new = "not exists (select 1 from known as k where k._load_id = i._load_id and k._line_no = i._line_no)"
    connection.execute(
        f"insert into raw.{contract.source} ({columns}) select {columns} from {table.rows} as i"
        f" where {mine} and i._verdict is null and {is_new if known else 'true'}",
        loads,
    )
    connection.execute("drop table known")
    return {int(load): int(count) for load, count in known}


def _settle_contested(
    connection: psycopg.Connection, table: LoadTable, mine: str, loads: dict[str, list[int]]
) -> dict[int, int]:
    """Keys with several versions: order all versions, old and new; the last one counts.

    Returns the rows per load that only repeat the version before them.
    """
    contract = table.contract
    if not scalar(
        connection,
        f"select exists (select 1 from {table.rows} as i where {mine} and i._verdict = 'contested')",
        loads,
    ):
        return {}
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
        create temporary table versions on commit drop as
        with contested as (
            select distinct {key} from {table.rows} as i where {mine} and i._verdict = 'contested'
        ),
        known as (
            select {columns}, _accepted_at, 'current' as origin
            from raw.{source} inner join contested using ({key})
            {history}
            union all
            select {columns}, clock_timestamp(), 'incoming'
            from {table.rows} as i where {mine} and i._verdict = 'contested'
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
        """,
        loads,
    )
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
    connection.execute("drop table versions")
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
