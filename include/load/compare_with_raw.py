"""Compare a batch with ``raw``: which of its rows are there already, and which keys have several versions.

The comparison does not depend on the validation, so both run at the same time.
"""

import psycopg

from include.sources.contract import Contract
from include.warehouse.connection import scalar
from include.warehouse.load_table import LoadTable

# With more rows of raw per row of the batch, looking up each row costs less than reading all of raw.
_MUCH_LARGER = 4


def compare(connection: psycopg.Connection, table: LoadTable, load_ids: list[int]) -> None:
    """Fill ``table.known`` and ``table.contested`` for the given loads.

    A row in neither is new. A contested row's key is in raw with other content, or more than once in these
    loads. A known row that is not contested is in raw exactly as delivered.
    """
    loads = {"loads": load_ids}
    connection.execute(f"drop table if exists {table.known}, {table.contested}")
    _look_up(connection, table, loads)
    of_rows = scalar(
        connection, f"select sum(rows_in) from {table.files} where load_id = any(%(loads)s)", loads
    )
    known, other = connection.execute(
        f"select count(*), count(*) filter (where not is_same) from {table.known}"
    ).fetchone() or (0, 0)
    new_rows = f"not {of_row(table.known)}" if known else "true"
    _contest(connection, table, loads, new_rows if known < of_rows else None, has_other=other > 0)


def mark_ambiguous(connection: psycopg.Connection, table: LoadTable) -> None:
    """Mark the rows of a file that have the same key and version but different content."""
    contract = table.contract
    version = ["_load_id", *contract.key, *([contract.version_column] if contract.version_column else [])]
    connection.execute(
        f"""
        insert into {table.findings}
        select _load_id, _line_no, 'ambiguous:row'
        from (
            select _load_id, _line_no, min(content) over same <> max(content) over same as is_ambiguous
            from (
                select *, md5(row({", ".join((*contract.names, "_extra"))})::text) as content
                from {table.rows} as i
                where {of_row(table.contested)}
            ) as t
            window same as (partition by {", ".join(version)})
        ) as compared
        where is_ambiguous
        """
    )


def mark_unmet(connection: psycopg.Connection, table: LoadTable) -> None:
    """Mark the returns that do not cancel a whole line.

    A row with the mark ``meets:row`` becomes a version of the line that it cancels, and that line leaves the
    facts: one version of it, here or in raw, must have the quantity that is returned.
    """
    contract = table.contract
    if not scalar(connection, f"select exists (select from {table.findings} where mark = 'meets:row')"):
        return
    versions = (table.rows, f"raw.{contract.source}", f"raw.{contract.source}_history")
    met = " or ".join(
        f"exists (select from {version} as v"
        f" where {same_key(contract, 'v', 'i')} and v.quantity = -i.quantity)"
        for version in versions
    )
    connection.execute(
        f"""
        insert into {table.findings}
        select i._load_id, i._line_no, 'unmet:row'
        from {table.rows} as i
        inner join {table.findings} as f
            on f._load_id = i._load_id and f._line_no = i._line_no and f.mark = 'meets:row'
        where i.quantity < 0 and not ({met})
        """
    )


def of_row(table: str) -> str:
    """SQL: whether ``table`` has the row ``i``."""
    return f"exists (select 1 from {table} as x where x._load_id = i._load_id and x._line_no = i._line_no)"


def same_key(contract: Contract, left: str, right: str) -> str:
    """SQL: whether two rows have the same key."""
    return " and ".join(f"{left}.{k} = {right}.{k}" for k in contract.key)


def _look_up(connection: psycopg.Connection, table: LoadTable, loads: dict[str, list[int]]) -> None:
    """Look up the key of every row in raw.

    By its index where raw is much larger than the batch, so that the cost depends on the batch; the planner
    would read all of raw.
    """
    contract = table.contract
    is_same = " and ".join(f"c.{n} is not distinct from i.{n}" for n in contract.names)
    is_empty = not scalar(connection, f"select exists (select from raw.{contract.source})")
    is_much_larger = scalar(
        connection,
        f"select reltuples > {_MUCH_LARGER} * (select sum(rows_in) from {table.files})"
        f" from pg_class where oid = 'raw.{contract.source}'::regclass",
    )
    other_joins = ("enable_hashjoin", "enable_mergejoin", "enable_memoize")
    with connection.transaction():
        for join in other_joins if is_much_larger else ():
            connection.execute(f"set local {join} to off")
        connection.execute(
            f"create unlogged table {table.known} as select i._load_id, i._line_no, {is_same} as is_same"
            f" from {table.rows} as i inner join raw.{contract.source} as c on {same_key(contract, 'c', 'i')}"
            f" where i._load_id = any(%(loads)s) {'and false' if is_empty else ''}",
            loads,
        )
        for join in other_joins:
            connection.execute(f"set local {join} to default")


def _contest(
    connection: psycopg.Connection,
    table: LoadTable,
    loads: dict[str, list[int]],
    new_rows: str | None,
    *,
    has_other: bool,
) -> None:
    # Integers are grouped at a third of the cost of the keys. Different keys with the same hash are contested
    # without need, which costs time but changes no result.
    key_hash = f"hash_record_extended(row({', '.join(f'i.{k}' for k in table.contract.key)}), 0)"
    batch_rows = f"from {table.rows} as i where i._load_id = any(%(loads)s)"
    keys = ["select 0::bigint where false"]
    if new_rows:
        keys.append(f"select {key_hash} {batch_rows} and {new_rows} group by 1 having count(*) > 1")
    if has_other:
        keys.append(
            f"select {key_hash} {batch_rows} and {of_row(f'(select * from {table.known} where not is_same)')}"
        )
    connection.execute(
        f"create unlogged table {table.contested} as"
        f" select i._load_id, i._line_no {batch_rows} and {key_hash} in ({' union all '.join(keys)})",
        loads,
    )
