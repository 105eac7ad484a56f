"""From the load table to ``raw``: which rows are new, changed, known already, or no longer delivered.

Of all versions of a key the one with the highest (version column, load, line) counts: it stands in
``raw.<source>``, the others in ``raw.<source>_history``. A row equal to the version before it is *unchanged*
and leaves no trace.
"""

from dataclasses import dataclass
from typing import NamedTuple

import psycopg

from include.load import compare_with_raw, load_months
from include.load.compare_with_raw import of_row, same_key
from include.sources.contract import Contract
from include.warehouse import raw_tables
from include.warehouse.connection import scalar
from include.warehouse.load_table import LoadTable

# From here on building the key of an empty table anew costs less than filling it row by row.
_BULK_ROWS = 100_000


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
    if table.contract.slice:  # an earlier file of the batch may have changed raw since
        compare_with_raw.compare(connection, table, load_ids)
    loads = {"loads": load_ids}
    counted = _count(connection, table, loads)
    if new := sum(c.new for c in counted):
        in_bulk = new >= _BULK_ROWS and raw_tables.drop_key_of_empty(connection, table.contract)
        not_new = {table.rejects: "rejected", table.contested: "contested", table.known: "unchanged"}
        present = [name for name, kind in not_new.items() if any(getattr(c, kind) for c in counted)]
        _insert_new(connection, table, loads, present)
        if in_bulk:
            raw_tables.add_key(connection, table.contract)
    repeats = _settle_contested(connection, table, loads) if any(c.contested for c in counted) else {}
    removed = _replace_slices(connection, table, load_ids[0], filtered_by) if table.contract.slice else 0
    counts = {}
    for load in counted:
        unchanged = load.unchanged + repeats.get(load.load_id, 0)
        accepted = load.new + load.contested + load.unchanged - unchanged
        counts[load.load_id] = Counts(accepted, unchanged, load.rejected, removed)
    return counts


class _Counted(NamedTuple):
    """The rows of one load by what is to be done with them; their sum is its rows."""

    load_id: int
    rejected: int
    contested: int
    unchanged: int
    new: int


def _columns(contract: Contract, alias: str = "") -> str:
    prefix = f"{alias}." if alias else ""
    return ", ".join(f"{prefix}{name}" for name in [*contract.names, *raw_tables.LINEAGE])


def _count(connection: psycopg.Connection, table: LoadTable, loads: dict[str, list[int]]) -> list[_Counted]:
    good = f"i._load_id = any(%(loads)s) and not {of_row(table.rejects)}"
    rows = connection.execute(
        f"""
        select load_id, rejected, contested, unchanged, rows - rejected - contested - unchanged
        from (
            select load_id, f.rows_in as rows, coalesce(x.n, 0) as rejected,
                coalesce(c.n, 0) as contested, coalesce(k.n, 0) as unchanged
            from {table.files} as f
            left join (
                select _load_id, count(distinct _line_no) as n from {table.rejects} group by 1
            ) as x on x._load_id = load_id
            left join (
                select _load_id, count(*) as n from {table.contested} as i where {good} group by 1
            ) as c on c._load_id = load_id
            left join (
                select _load_id, count(*) as n from {table.known} as i
                where {good} and not {of_row(table.contested)} group by 1
            ) as k on k._load_id = load_id
            where load_id = any(%(loads)s)
        ) as counted
        """,
        loads,
    )
    return [_Counted(*row) for row in rows]


def _insert_new(
    connection: psycopg.Connection, table: LoadTable, loads: dict[str, list[int]], others: list[str]
) -> None:
    """Insert the rows that stand in none of the tables ``others``."""
    columns = _columns(table.contract)
    is_new = "".join(f" and not {of_row(other)}" for other in others)
    connection.execute(
        f"with came as (insert into raw.{table.contract.source} ({columns}) select {columns}"
        f" from {table.rows} as i where i._load_id = any(%(loads)s){is_new}"
        f" returning _load_id, {table.contract.date_column}),"
        f" {load_months.noted(table.contract, '_load_id', 'came')} select",
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
        where i._load_id = any(%(loads)s) and {of_row(table.contested)} and not {of_row(table.rejects)}
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
    gone, came = "origin = 'current' and not counts", "origin = 'incoming' and counts and not repeats"
    changed = f"versions where {gone} or {came}"
    connection.execute(f"with {load_months.noted(contract, 'counting_load_id', changed)} select")
    connection.execute(
        f"delete from raw.{source} as c using versions as v where {gone} and {same_key(contract, 'c', 'v')}"
    )
    connection.execute(
        f"insert into raw.{source}_history ({columns}, _accepted_at, _superseded_by)"
        # Of versions that came just now those that give way have never counted: nobody superseded them.
        f" select {columns}, _accepted_at,"
        " case when origin = 'incoming' then _load_id else counting_load_id end from versions"
        " where not counts and not repeats and origin <> 'history'"
    )
    connection.execute(f"insert into raw.{source} ({columns}) select {columns} from versions where {came}")
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
                    where i._load_id = %(load)s and {same_key(contract, "i", "c")}
                )
            returning {_columns(contract, "c")}, c._accepted_at
        ),
        kept as (
            insert into raw.{contract.source}_history ({_columns(contract)}, _accepted_at, _superseded_by)
            select {_columns(contract)}, _accepted_at, %(load)s from gone
            returning 1
        ),
        {load_months.noted(contract, "%(load)s::bigint", "gone")}
        select count(*) from kept
    """
    return int(scalar(connection, query, {"load": load_id}))
