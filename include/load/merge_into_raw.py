"""Merge the load table into ``raw``: rows that are new, changed, known already, or no longer delivered.

Of all versions of a key the one with the highest (version column, load, line) is current: it is stored in
``raw.<source>``, the others in ``raw.<source>_history``. A row equal to the version before it is *unchanged*
and is not stored.
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

# With so many rows it costs less to drop the key of an empty table and build it again afterwards.
_BULK_ROWS = 100_000


@dataclass(frozen=True)
class Counts:
    """Rows of one load by what was done with them; ``removed`` are rows withdrawn with their slice."""

    accepted: int
    unchanged: int
    quarantined: int
    removed: int


def merge(
    connection: psycopg.Connection, table: LoadTable, load_ids: list[int], filtered_by: tuple[str, ...] = ()
) -> dict[int, Counts]:
    """Merge the rows of the given loads that break no row rule, in the caller's transaction.

    ``filtered_by``: columns on which the one load's query was restricted (see sources/manifest.py).
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
    """The rows of one load by what is to be done with them; every row is counted once."""

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
    """Insert the rows that are in none of the tables ``others``."""
    columns = _columns(table.contract)
    is_new = "".join(f" and not {of_row(other)}" for other in others)
    connection.execute(
        f"with inserted as (insert into raw.{table.contract.source} ({columns}) select {columns}"
        f" from {table.rows} as i where i._load_id = any(%(loads)s){is_new}"
        f" returning _load_id, {table.contract.date_column}),"
        f" {load_months.record(table.contract, '_load_id', 'inserted')} select",
        loads,
    )


def _settle_contested(
    connection: psycopg.Connection, table: LoadTable, loads: dict[str, list[int]]
) -> dict[int, int]:
    """Order all versions of the contested keys, old and new; the last one becomes current.

    Returns the number of rows per load that only repeat the version before them.
    """
    contract = table.contract
    source, columns, key = contract.source, _columns(contract), ", ".join(contract.key)
    order = [*([contract.version_column] if contract.version_column else []), "_load_id", "_line_no"]
    content = f"md5(row({', '.join(contract.names)})::text)"
    # Where rows have a version column an older version may arrive late. Without one the newest delivery is
    # current: a withdrawn row that is delivered again is a new row.
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
    superseded, added = "origin = 'current' and not counts", "origin = 'incoming' and counts and not repeats"
    changed = f"versions where {superseded} or {added}"
    connection.execute(f"with {load_months.record(contract, 'counting_load_id', changed)} select")
    connection.execute(
        f"delete from raw.{source} as c using versions as v"
        f" where {superseded} and {same_key(contract, 'c', 'v')}"
    )
    connection.execute(
        f"insert into raw.{source}_history ({columns}, _accepted_at, _superseded_by)"
        # An incoming version that is older than the current one was never current: no load superseded it.
        f" select {columns}, _accepted_at,"
        " case when origin = 'incoming' then _load_id else counting_load_id end from versions"
        " where not counts and not repeats and origin <> 'history'"
    )
    connection.execute(f"insert into raw.{source} ({columns}) select {columns} from versions where {added}")
    rows = connection.execute(
        "select _load_id, count(*) from versions where repeats group by _load_id"
    ).fetchall()
    connection.execute("drop table incoming, versions")
    return {int(load): int(count) for load, count in rows}


def _replace_slices(
    connection: psycopg.Connection, table: LoadTable, load_id: int, filtered_by: tuple[str, ...]
) -> int:
    """Move the rows of the slice that are no longer delivered to history.

    Queries that split by different dimensions, or filter on a column, have different slices. A download with
    a rejected row withdraws nothing: the missing row may be the one that could not be read. Returns the
    number of rows removed.
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
        withdrawn as (
            delete from raw.{contract.source} as c
            using slices as s
            where {" and ".join(same_slice)}
                and not exists (
                    select 1 from {table.rows} as i
                    where i._load_id = %(load)s and {same_key(contract, "i", "c")}
                )
            returning {_columns(contract, "c")}, c._accepted_at
        ),
        moved as (
            insert into raw.{contract.source}_history ({_columns(contract)}, _accepted_at, _superseded_by)
            select {_columns(contract)}, _accepted_at, %(load)s from withdrawn
            returning 1
        ),
        {load_months.record(contract, "%(load)s::bigint", "withdrawn")}
        select count(*) from moved
    """
    return int(scalar(connection, query, {"load": load_id}))
