"""Rejected rows for people to read and to send back."""

from collections.abc import Iterator
from typing import Any

from include.errors import QuarantineError
from include.load.quarantine import REFUSED_ROWS
from include.settings import Role, Settings
from include.warehouse.connection import connect

Row = dict[str, Any]

# The columns of a table on the screen.
COLUMNS = ("load_id", "file_name", "place", "reason_zh", "reason_en", "state", "resolved_by_file", "raw_line")

_QUARANTINED = """
    select q.load_id, q.source, q.file_name, q.line_no, coalesce(q.place, 'line ' || q.line_no) as place,
        q.rule_codes, q.reason_zh, q.reason_en,
        case when q.resolved_by_load is null then 'open' else 'resolved' end as state,
        q.resolved_by_load, h.file_name as resolved_by_file, q.resolved_at, q.raw_line, q.cells, l.profile
    from ops.quarantine as q
    inner join ops.load as l on l.load_id = q.load_id
    left join ops.load as h on h.load_id = q.resolved_by_load
    where %(load)s::bigint is null or q.load_id = %(load)s
    order by q.load_id, q.line_no
"""
_REFUSED = """
    select r.load_id, l.source, l.file_name, r.line_no, r.place, r.rule_codes, r.reason_zh, r.reason_en,
        'refused' as state, null::bigint as resolved_by_load, null::text as resolved_by_file,
        null::timestamptz as resolved_at, r.raw_line, r.cells, l.profile
    from ops.refused_row as r
    inner join ops.load as l using (load_id)
    where r.load_id = %(load)s
    order by r.line_no
"""


def rows(settings: Settings, load_id: int | None) -> Iterator[Row]:
    """Rejected rows of one load, or of all accepted ones, in file order, as they come from the database.

    ``state`` is ``open``, ``resolved`` (by the load ``resolved_by_load``) or ``refused``: see
    :func:`refusal`, also for the errors.
    """
    refused = load_id is not None and refusal(settings, load_id) is not None
    return _stream(settings, _REFUSED if refused else _QUARANTINED, load_id)


def refusal(settings: Settings, load_id: int) -> str | None:
    """The message about the rows of a refused load; None for a load that was accepted.

    QuarantineError when there is no such load, or when it was refused before its rows were validated.
    """
    with connect(settings, Role.LOADER) as connection:
        load = connection.execute(
            "select status, file_name, message,"
            " exists (select from ops.refused_row as r where r.load_id = l.load_id)"
            " from ops.load as l where load_id = %s",
            [load_id],
        ).fetchone()
    if load is None:
        raise QuarantineError(f"there is no load {load_id}; ops.load lists them")
    status, file_name, message, has_rows = load
    if status != "refused":
        return None
    if not has_rows:
        raise QuarantineError(
            f"load {load_id} ({file_name}) was refused as a whole, not for single rows: {message}"
        )
    return (
        f"load {load_id} was refused and none of its rows was loaded: {message}. At most the first "
        f"{REFUSED_ROWS:,} rejected rows are listed"
    )


def _stream(settings: Settings, query: str, load_id: int | None) -> Iterator[Row]:
    with connect(settings, Role.LOADER) as connection, connection.cursor("rejected_rows") as cursor:
        cursor.execute(query.encode(), {"load": load_id})
        names = [d.name for d in cursor.description or ()]
        for row in cursor:
            yield dict(zip(names, row, strict=True))
