"""``ops.load_enterprise``: how many rows of a delivery are whose; ops.source_quality adds it up."""

import psycopg

from include.warehouse.load_log import FileResult
from include.warehouse.load_table import LoadTable
from include.warehouse.quarantine import enterprise_of


def note(connection: psycopg.Connection, table: LoadTable, results: list[FileResult]) -> None:
    """Write one row per accepted load and enterprise; call after the batch's acceptance, in its transaction.

    The load table is scanned once. Raw is asked only where some rows were new and others known, and then by
    key.
    """
    of = table.contract
    lateness = "null::integer"
    if of.version_column:
        delivered_on = "(l.started_at at time zone 'Asia/Shanghai')::date"
        lateness = f"{delivered_on} - (i.{of.version_column} at time zone 'Asia/Shanghai')::date"
    if not any(r.unchanged for r in results):
        is_new = "true"
    elif not any(r.accepted for r in results):
        is_new = "false"
    else:
        is_new = f"({_stands_in(table, of.source)} or {_stands_in(table, f'{of.source}_history')})"
    connection.execute(
        f"""
        insert into ops.load_enterprise
            (load_id, enterprise_uscc, rows_in, accepted, unchanged, quarantined,
                dated, days_late, most_days_late)
        select load_id, enterprise, count(*),
            count(*) filter (where is_good and is_new),
            count(*) filter (where is_good and not is_new),
            count(*) filter (where not is_good),
            count(days_late) filter (where is_good and is_new),
            coalesce(sum(days_late) filter (where is_good and is_new), 0),
            max(days_late) filter (where is_good and is_new)
        from (
            select i._load_id as load_id, {enterprise_of(of)} as enterprise, x._line_no is null as is_good,
                {is_new} as is_new, {lateness} as days_late
            from {table.rows} as i
            inner join ops.load as l on l.load_id = i._load_id
            left join (select distinct _load_id, _line_no from {table.rejects}) as x
                on x._load_id = i._load_id and x._line_no = i._line_no
            where i._load_id = any(%(loads)s)
        ) as rows
        group by load_id, enterprise
        """.encode(),
        {"loads": [r.load_id for r in results]},
    )


def note_refused(connection: psycopg.Connection, table: LoadTable, load_id: int) -> None:
    """Note whose a refused file is where all of its rows that say so say the same; it brought no row."""
    enterprise = enterprise_of(table.contract)
    connection.execute(
        f"""
        insert into ops.load_enterprise
            (load_id, enterprise_uscc, rows_in, accepted, unchanged, quarantined, dated, days_late)
        select %(load)s, min({enterprise}), 0, 0, 0, 0, 0, 0
        from {table.rows} as i
        where i._load_id = %(load)s
        having min({enterprise}) = max({enterprise})
        """.encode(),
        {"load": load_id},
    )


def _stands_in(table: LoadTable, raw: str) -> str:
    key = " and ".join(f"c.{k} = i.{k}" for k in table.contract.key)
    return (
        f"exists (select from raw.{raw} as c where {key}"
        " and c._load_id = i._load_id and c._line_no = i._line_no)"
    )
