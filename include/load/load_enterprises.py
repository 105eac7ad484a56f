"""``ops.load_enterprise``: the rows of a delivery by enterprise; ops.source_quality adds them up."""

import psycopg

from include.load.load_log import FileResult
from include.load.quarantine import enterprise_of
from include.warehouse.load_table import LoadTable


def record(connection: psycopg.Connection, table: LoadTable, results: list[FileResult]) -> None:
    """Write one row per accepted load and enterprise; call after the merge, in its transaction.

    The load table is scanned once and counted by day first, because days are few and rows many. Raw is joined
    only where some rows were new and others known.
    """
    of = table.contract
    dated_on = "null::date"
    if of.version_column:
        dated_on = f"(i.{of.version_column} at time zone 'Asia/Shanghai')::date"
    state, joins = "'new'", ""
    if not any(r.accepted for r in results):
        state = "'known'"
    elif any(r.unchanged for r in results):
        state = "case when coalesce(c._line_no, h._line_no) is null then 'known' else 'new' end"
        joins = f"{_left_join(table, of.source, 'c')} {_left_join(table, f'{of.source}_history', 'h')}"
    if any(r.quarantined for r in results):
        state = f"case when x._line_no is null then {state} else 'rejected' end"
        joins += (
            f" left join (select distinct _load_id, _line_no from {table.rejects}) as x"
            " on x._load_id = i._load_id and x._line_no = i._line_no"
        )
    # Not an INSERT ... SELECT: that would not run in parallel.
    counted = connection.execute(
        f"""
        select load_id, enterprise, sum(rows),
            coalesce(sum(rows) filter (where state = 'new'), 0),
            coalesce(sum(rows) filter (where state = 'known'), 0),
            coalesce(sum(rows) filter (where state = 'rejected'), 0),
            coalesce(sum(rows) filter (where state = 'new' and dated_on is not null), 0),
            coalesce(sum(rows * (loaded_on - dated_on)) filter (where state = 'new'), 0),
            max(loaded_on - dated_on) filter (where state = 'new')
        from (
            select i._load_id as load_id, {enterprise_of(table)} as enterprise, {dated_on} as dated_on,
                {state} as state, count(*) as rows
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


def record_refused(connection: psycopg.Connection, table: LoadTable, load_id: int) -> None:
    """Record the enterprise of a refused file, with zero rows, if all its rows name the same one."""
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
    """SQL: join the row of raw that was inserted from this row of the batch, if any."""
    same = [f"{alias}.{k} = i.{k}" for k in (*table.contract.key, "_load_id", "_line_no")]
    return f"left join raw.{raw} as {alias} on {' and '.join(same)}"
