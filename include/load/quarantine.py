"""Rejected rows: stored as delivered, and resolved when a later delivery corrects them."""

import json
from collections.abc import Iterable, Mapping

import polars as pl
import psycopg

from include.sources.contract import Contract
from include.sources.read import Record
from include.warehouse.load_table import LoadTable

# Rule code -> its reason in Chinese and English, in the order in which a row's reasons are listed.
Reasons = Mapping[str, tuple[str, str]]

# So many rejected rows of a refused file are stored for its sender.
REFUSED_ROWS = 1_000


def rejected_lines(
    connection: psycopg.Connection, table: LoadTable, load_id: int, at_most: int | None = None
) -> pl.Series:
    """Line numbers of a load's rejected rows, sorted; 8 bytes each, as there may be millions."""
    found = (
        f"select distinct _line_no from {table.rejects} where _load_id = {load_id:d}"
        f" order by 1 limit {at_most or 'all'}"
    )
    with connection.cursor().copy(f"copy ({found}) to stdout".encode()) as copy:
        text = b"".join(copy)
    if not text:
        return pl.Series("_line_no", [], dtype=pl.Int64)
    return pl.read_csv(text, has_header=False, schema={"_line_no": pl.Int64}).to_series()


def insert(
    connection: psycopg.Connection,
    table: LoadTable,
    load_id: int,
    file_name: str,
    records: Iterable[Record],
    reasons: Reasons,
) -> None:
    """Insert every rejected row of an accepted load into ops.quarantine, with all its reasons."""
    of = table.contract
    _copy_records(connection, records)
    values = ", ".join(f"i.{name}" for name in (*of.names, "_extra"))
    connection.execute(
        f"""
        insert into ops.quarantine (load_id, line_no, source, file_name, rule_codes, reason_zh, reason_en,
            place, raw_line, cells, row_values, row_key, row_version, enterprise_uscc)
        select i._load_id, i._line_no, %(source)s, %(file)s, x.codes, x.zh, x.en,
            d.place, d.raw_line, d.cells, (select to_jsonb(v) from (select {values}) as v),
            case when {_has_key(of)} then {key_of(of)} end,
            {_version_of(table)}, {enterprise_of(table)}
        from {table.rows} as i
        inner join ({_reasons(table)}) as x on x._line_no = i._line_no
        left join delivered as d on d.line_no = i._line_no
        where i._load_id = %(load)s
        """.encode(),
        {"source": of.source, "file": file_name, "load": load_id, **_parameters(reasons)},
    )
    connection.execute("drop table delivered")


def insert_refused(
    connection: psycopg.Connection,
    table: LoadTable,
    load_id: int,
    records: Iterable[Record],
    reasons: Reasons,
) -> None:
    """Insert the given rejected rows of a refused load into ops.refused_row (see ADR 0011)."""
    _copy_records(connection, records)
    connection.execute(
        f"""
        insert into ops.refused_row
            (load_id, line_no, rule_codes, reason_zh, reason_en, place, raw_line, cells)
        select %(load)s, d.line_no, x.codes, x.zh, x.en, d.place, d.raw_line, d.cells
        from delivered as d
        inner join ({_reasons(table)}) as x on x._line_no = d.line_no
        """.encode(),
        {"load": load_id, **_parameters(reasons)},
    )
    connection.execute("drop table delivered")


def resolve(connection: psycopg.Connection, table: LoadTable, load_ids: list[int]) -> int:
    """Resolve the open rows whose key these loads deliver in the same or a newer version.

    Any later delivery resolves a row if the source has no versions, or the rejected row's version could not
    be read or is in the future. A row without a readable key stays open. Returns the number of rows resolved.
    """
    of = table.contract
    # In a table of their own, analyzed: by older statistics the planner expects a few rows and reads the
    # batch once for each.
    found = connection.execute(
        "create temporary table open_row on commit drop as select load_id, line_no, row_key, row_version"
        " from ops.quarantine where source = %s and resolved_by_load is null and row_key is not null",
        [of.source],
    ).rowcount
    resolved = _resolve_found(connection, table, load_ids) if found else 0
    connection.execute("drop table open_row")
    return resolved


def _resolve_found(connection: psycopg.Connection, table: LoadTable, load_ids: list[int]) -> int:
    version = table.contract.version_column
    not_older = f"and i.{version} >= coalesce(o.row_version, '-infinity')" if version else ""
    connection.execute("analyze open_row")
    return connection.execute(
        f"""
        update ops.quarantine as q
        set resolved_by_load = resolving.load_id, resolved_at = clock_timestamp()
        from (
            select o.load_id as rejected_in, o.line_no, min(i._load_id) as load_id
            from open_row as o
            inner join {table.rows} as i
                on o.row_key = {key_of(table.contract)} and i._load_id > o.load_id {not_older}
            where i._load_id = any(%(loads)s)
                and not exists (
                    select from {table.rejects} as r
                    where r._load_id = i._load_id and r._line_no = i._line_no
                )
            group by o.load_id, o.line_no
        ) as resolving
        where q.load_id = resolving.rejected_in and q.line_no = resolving.line_no
        """.encode(),
        {"loads": load_ids},
    ).rowcount


def key_of(of: Contract) -> str:
    """SQL of the key of a load table's row ``i`` as a text array."""
    return f"array[{', '.join(f'i.{k}::text' for k in of.key)}]"


def enterprise_of(table: LoadTable) -> str:
    """SQL of the mill of a load table's row ``i``; null where its code is not valid."""
    column = table.contract.enterprise_column
    return _unless_marked(table, f"check:{column}", column) if column else "null::text"


def _version_of(table: LoadTable) -> str:
    """SQL of the version of a load table's row ``i``; null where it is in the future."""
    column = table.contract.version_column
    return _unless_marked(table, f"future:{column}", column) if column else "null"


def _unless_marked(table: LoadTable, mark: str, column: str) -> str:
    marked = f"select _load_id, _line_no from {table.findings} where mark = '{mark}'"
    return f"case when (i._load_id, i._line_no) in ({marked}) then null else i.{column} end"


def _has_key(of: Contract) -> str:
    return " and ".join(f"i.{k} is not null" for k in of.key)


def _copy_records(connection: psycopg.Connection, records: Iterable[Record]) -> None:
    """COPY records as delivered, without NUL, which PostgreSQL cannot store."""
    connection.execute(
        "create temporary table delivered (line_no bigint, place text, raw_line text, cells json)"
        " on commit drop"
    )
    with connection.cursor().copy("copy delivered from stdin") as copy:
        for r in records:
            clean = r.cells and {_without_nul(name): _without_nul(cell) for name, cell in r.cells.items()}
            cells = None if clean is None else json.dumps(clean, ensure_ascii=False)
            copy.write_row((r.line_no, r.place, _without_nul(r.raw_line), cells))
    connection.execute("analyze delivered (line_no)")


def _without_nul(text: str) -> str:
    return text.replace("\0", "")


def _reasons(table: LoadTable) -> str:
    return f"""
        select r._line_no, array_agg(r.rule order by k.position) as codes,
            string_agg(k.zh, '；' order by k.position) as zh,
            string_agg(k.en, '; ' order by k.position) as en
        from {table.rejects} as r
        inner join unnest(%(rules)s::text[], %(zh)s::text[], %(en)s::text[])
            with ordinality as k (rule, zh, en, position) using (rule)
        where r._load_id = %(load)s
        group by r._line_no
    """


def _parameters(reasons: Reasons) -> dict[str, list[str]]:
    zh, en = zip(*reasons.values(), strict=True)
    return {"rules": list(reasons), "zh": list(zh), "en": list(en)}
