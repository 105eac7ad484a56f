"""Trace the figures in one row of a mart to loads, files and lines."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from include.errors import ExplainError
from include.settings import Role, Settings
from include.warehouse.connection import connect

_MAX_MATCHES = 10  # rows counted for a key that matches several
# The lines of a release: versions from its loads that none of its loads superseded.
_LINES = """
    with lines as (
        select 'order_book' as basis, v.load_id, v.file_line, v.is_current, v.superseded_by,
            concat_ws(' ', v.order_no, v.line_no) as line, v.sold_on, v.enterprise_uscc, v.product_group,
            v.market_group, v.market_code, v.value_cny
        from intermediate.int_orders__versions as v
        where v.sold_on >= %(first_month)s and v.sold_on < %(last_month)s::date + interval '1 month'
        union all
        select 'customs', v.load_id, v.file_line, v.is_current, v.superseded_by,
            concat_ws(' ', v.declaration_no, v.item_no), v.sold_on, v.enterprise_uscc, v.product_group,
            v.market_group, v.market_code, v.value_cny
        from intermediate.int_customs__versions as v
        where v.sold_on >= %(first_month)s and v.sold_on < %(last_month)s::date + interval '1 month'
    ),

    released as (
        select b.load_id from ops.build_load as b
        where b.build_id <= (select r.build_id from ops.release as r where r.release_id = %(release)s)
    )

    select l.file_name, l.source, l.started_at as loaded_at, c.load_id, c.file_line, c.line, c.sold_on,
        c.enterprise_uscc, c.market_code, c.value_cny,
        count(*) over (partition by c.load_id) as load_lines,
        coalesce(sum(c.value_cny) over (partition by c.load_id), 0) as load_value_cny
    from lines as c
    inner join ops.load as l on l.load_id = c.load_id
    where c.load_id in (select load_id from released)
        and (c.is_current or c.superseded_by not in (select load_id from released))
        and %(part_of)s in (
            select * from ops.parts_of(c.basis, c.product_group, c.enterprise_uscc, %(by_mill)s)
        )
        and %(market)s in (select * from ops.markets_of(c.market_code, c.market_group, %(own_month)s))
    order by c.value_cny desc nulls last, c.load_id, c.file_line
"""


@dataclass(frozen=True)
class Explanation:
    """One row of a mart: its figures, and for each amount its loads and largest lines.

    ``figures``: column -> value. ``amounts``: per amount its value, ``line_value`` (the sum of its lines with
    today's code and rates) and its loads with their number of lines; ``lines``: the largest lines of each
    amount.
    """

    mart: str
    release_id: int
    key: dict[str, Any]
    figures: dict[str, Any]
    amounts: list[dict[str, Any]]
    lines: list[dict[str, Any]]


def explain(
    settings: Settings, mart: str, key: Mapping[str, str], release_id: int | None = None, max_lines: int = 10
) -> Explanation:
    """Trace the amounts in one row of a mart to the loads, files and lines that they are the sums of.

    ``key``: column -> value, enough to select one row; ``release_id``: by default the current release. The
    lines have the values of the newest build's code and rates.
    """
    with connect(settings, Role.PUBLISHER) as connection:
        columns = _key_columns(connection, mart)
        if unknown := set(key) - set(columns):
            raise ExplainError(
                f"mart {mart} has no key column {sorted(unknown)[0]}; its key is {', '.join(columns)}"
            )
        release_id = _current(connection) if release_id is None else _require_kept(connection, release_id)
        row = _row(connection, mart, columns, key, release_id)
        amounts, lines = [], []
        for metric, markets, months_back in connection.execute(
            "select metric, markets, months_back from reference.figure_lines where mart = %s"
            " order by months_back, metric",
            [mart],
        ).fetchall():
            if row[metric] is not None:
                amount, its_lines = _amount(connection, row, metric, markets, months_back, release_id)
                amounts.append(amount)
                lines += [{"metric": metric, **line} for line in its_lines[:max_lines]]
    return Explanation(
        mart,
        release_id,
        {name: row[name] for name in columns},
        {name: value for name, value in row.items() if name not in columns},
        amounts,
        lines,
    )


def _key_columns(connection: psycopg.Connection, mart: str) -> list[str]:
    row = connection.execute("select key_columns from ops.mart where mart = %s", [mart]).fetchone()
    if row is None:
        known = connection.execute("select string_agg(mart, ', ' order by mart) from ops.mart").fetchone()
        raise ExplainError(f"there is no mart {mart}; there are: {known[0] if known else 'none yet'}")
    return list(row[0])


def _current(connection: psycopg.Connection) -> int:
    row = connection.execute("select release_id from store.current_release").fetchone()
    if row is None:
        raise ExplainError("there is no release yet: `textile publish` makes one")
    return int(row[0])


def _require_kept(connection: psycopg.Connection, release_id: int) -> int:
    kept = connection.execute(
        "select from ops.release where release_id = %s and dropped_at is null", [release_id]
    )
    if kept.rowcount == 0:
        raise ExplainError(f"there is no release {release_id} (any more); `textile releases` lists them")
    return release_id


def _row(
    connection: psycopg.Connection, mart: str, columns: list[str], key: Mapping[str, str], release_id: int
) -> dict[str, Any]:
    """The one row with this key; dates may be given as the month, 2020-09."""
    wanted = {name: f"{value}-01" if _is_month(value) else value for name, value in key.items()}
    cursor = connection.cursor(row_factory=dict_row)
    found = cursor.execute(
        sql.SQL(
            "select * from {} as s where release_id = %(release)s and not exists (select"
            " from jsonb_each_text(%(key)s) as k where to_jsonb(s) ->> k.key is distinct from k.value)"
            " limit %(limit)s"
        ).format(sql.Identifier("marts_history", mart)),
        {"release": release_id, "key": Jsonb(wanted), "limit": _MAX_MATCHES + 1},
    ).fetchall()
    if len(found) == 1:
        return {name: value for name, value in found[0].items() if name != "release_id"}
    given = ", ".join(f"{name}={value}" for name, value in wanted.items())
    if not found:
        raise ExplainError(f"release {release_id} has no row of {mart} with {given}")
    open_columns = [name for name in columns if len({row[name] for row in found}) > 1]
    raise ExplainError(
        f"{f'more than {_MAX_MATCHES}' if len(found) > _MAX_MATCHES else len(found)} rows of {mart} have "
        f"{given or 'any key'}: add {', '.join(open_columns)}; for example "
        + ",".join(f"{name}={found[0][name]}" for name in columns if found[0][name] is not None)
    )


def _is_month(value: str) -> bool:
    return len(value) == len("2020-09") and value[4] == "-" and value.replace("-", "").isdigit()


def _amount(
    connection: psycopg.Connection,
    row: dict[str, Any],
    metric: str,
    markets: str,
    months_back: int,
    release_id: int,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    cursor = connection.cursor(row_factory=dict_row)
    scope = cursor.execute(
        "select * from ops.scope_of(%s, %s, %s)",
        [Jsonb(row, dumps=lambda values: json.dumps(values, default=str)), markets, months_back],
    ).fetchone()
    parameters = {**(scope or {}), "release": release_id, "by_mill": "enterprise_uscc" in row}
    lines = cursor.execute(_LINES, parameters).fetchall()
    loads: dict[int, dict[str, Any]] = {}
    for line in lines:
        load_lines, load_value = line.pop("load_lines"), line.pop("load_value_cny")
        loads[line["load_id"]] = {
            "load_id": line["load_id"],
            "source": line["source"],
            "file_name": line["file_name"],
            "loaded_at": line.pop("loaded_at"),
            "lines": load_lines,
            "value_cny": load_value,
        }
    amount = {
        "metric": metric,
        "value": row[metric],
        "line_value": sum((load["value_cny"] for load in loads.values()), start=0),
        "loads": sorted(loads.values(), key=lambda load: -load["value_cny"]),
    }
    return amount, lines
