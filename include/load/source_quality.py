"""``ops.load_enterprise``: how many rows of a delivery are whose; ops.source_quality adds it up."""

import psycopg

from include.load.load_log import FileResult
from include.load.quarantine import enterprise_of
from include.warehouse.load_table import LoadTable


def note(connection: psycopg.Connection, table: LoadTable, results: list[FileResult]) -> None:
    """Write one row per accepted load and enterprise; call after the batch's acceptance, in its transaction.

    The load table is scanned once and counted by day before anything is computed: days are few, rows many.
    Raw is asked only where some rows were new and others known.
    """
    of = table.contract
    dated_on = "null::date"
    if of.version_column:
        dated_on = f"(i.{of.version_column} at time zone 'Asia/Shanghai')::date"
    standing, joins = "'new'", ""
    if not any(r.accepted for r in results):
        standing = "'known'"
    elif any(r.unchanged for r in results):
        standing = "case when coalesce(c._line_no, h._line_no) is null then 'known' else 'new' end"
        joins = f"{_left_join(table, of.source, 'c')} {_left_join(table, f'{of.source}_history', 'h')}"
    if any(r.quarantined for r in results):
        standing = f"case when x._line_no is null then {standing} else 'rejected' end"
        joins += (
            f" left join (select distinct _load_id, _line_no from {table.rejects}) as x"
            " on x._load_id = i._load_id and x._line_no = i._line_no"
        )
    # As a query of its own it runs in several processes, as the source of an INSERT it would not.
    counted = connection.execute(
        f"""
        select load_id, enterprise, sum(rows),
            coalesce(sum(rows) filter (where standing = 'new'), 0),
            coalesce(sum(rows) filter (where standing = 'known'), 0),
            coalesce(sum(rows) filter (where standing = 'rejected'), 0),
            coalesce(sum(rows) filter (where standing = 'new' and dated_on is not null), 0),
            coalesce(sum(rows * (loaded_on - dated_on)) filter (where standing = 'new'), 0),
            max(loaded_on - dated_on) filter (where standing = 'new')
        from (
            select i._load_id as load_id, {enterprise_of(table)} as enterprise, {dated_on} as dated_on,
                {standing} as standing, count(*) as rows
            from {table.rows} as i {joins}
            where i._load_id = any(%(loads)s)
            group by 1, 2, 3, 4
        ) as days
        inner join (
            select load_id, (started_at at time zone 'Asia/Shanghai')::date as loaded_on from ops.load
        ) as loads using (load_id)
        group by load_id, enterprise
        """.encode(),
        {"loads": [r.load_id for r in results]},
    ).fetchall()
    with connection.cursor().copy(
        "copy ops.load_enterprise (load_id, enterprise_uscc, rows_in, accepted, unchanged, quarantined,"
        " dated, days_late, most_days_late) from stdin"
    ) as copy:
        for row in counted:
            copy.write_row(row)


def note_refused(connection: psycopg.Connection, table: LoadTable, load_id: int) -> None:
    """Note whose a refused file is where all of its rows that say so say the same; it brought no row."""
    enterprise = enterprise_of(table)
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


def _left_join(table: LoadTable, raw: str, alias: str) -> str:
    """Join the row of raw that is this very row of the batch, if it is there."""
    same = [f"{alias}.{k} = i.{k}" for k in (*table.contract.key, "_load_id", "_line_no")]
    return f"left join raw.{raw} as {alias} on {' and '.join(same)}"
