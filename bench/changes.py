"""Candidates that differ from the newest release in a known share of their figures."""

from collections.abc import Iterable
from typing import NamedTuple

import psycopg
from psycopg import sql

from include.settings import Role, Settings
from include.warehouse.connection import connect


class Changed(NamedTuple):
    """Rows of candidate marts, and figures in them: numeric cells with a value."""

    rows: int
    figures: int


def size(settings: Settings) -> Changed:
    """Rows and figures of all candidate marts."""
    with connect(settings, Role.TRANSFORMER) as connection:
        return _total(
            _counted(
                connection, sql.Identifier("candidate", mart), [sql.Identifier(n) for n in names], "count"
            )
            for mart, names in _figures(connection).items()
        )


def change(settings: Settings, share: float, *, together: bool) -> Changed:
    """Add one to all figures of ``share`` of the rows, or to ``share`` of the figures, drawn one by one.

    Keys, codes, counts and reasons stay as they are. Returns what changed.
    """
    with connect(settings, Role.TRANSFORMER, autocommit=True) as connection:
        return _total(
            _change(connection, mart, names, share, together=together)
            for mart, names in _figures(connection).items()
            if names
        )


def _change(
    connection: psycopg.Connection, mart: str, figures: list[str], share: float, *, together: bool
) -> Changed:
    table, names = sql.Identifier("candidate", mart), [sql.Identifier(name) for name in figures]
    lot = sql.SQL("random() < {}").format(share)
    of_row, of_figure = (lot, sql.SQL("true")) if together else (sql.SQL("true"), lot)
    steps = [sql.SQL("({n} is not null and {lot})::integer as {n}").format(n=n, lot=of_figure) for n in names]
    connection.execute(
        sql.SQL("create temporary table drawn as select ctid as place, {} from {} where {}").format(
            sql.SQL(", ").join(steps), table, of_row
        )
    )
    connection.execute(sql.SQL("delete from drawn where {} = 0").format(sql.SQL(" + ").join(names)))
    changed = _counted(connection, sql.Identifier("drawn"), names, "sum")
    additions = sql.SQL(", ").join(sql.SQL("{n} = c.{n} + d.{n}").format(n=n) for n in names)
    connection.execute(
        sql.SQL("update {} as c set {} from drawn as d where c.ctid = d.place").format(table, additions)
    )
    connection.execute("drop table drawn")
    return changed


def _counted(
    connection: psycopg.Connection, table: sql.Composable, names: list[sql.Identifier], how: str
) -> Changed:
    added = [sql.SQL("coalesce({}({}), 0)::bigint").format(sql.SQL(how), name) for name in names]
    counted = sql.SQL("select count(*), {} from {}").format(
        sql.SQL(" + ").join([sql.SQL("0"), *added]), table
    )
    return Changed(*(connection.execute(counted).fetchone() or (0, 0)))


def _total(parts: Iterable[Changed]) -> Changed:
    rows, figures = zip(*parts, strict=True)
    return Changed(sum(rows), sum(figures))


def _figures(connection: psycopg.Connection) -> dict[str, list[str]]:
    """The numeric columns of every candidate mart."""
    return dict(
        connection.execute(
            "select c.relname, array_remove(array_agg(a.attname::text order by a.attnum), null)"
            " from pg_class as c left join pg_attribute as a on a.attrelid = c.oid"
            " and a.atttypid = 'numeric'::regtype and a.attnum > 0 and not a.attisdropped"
            " where c.relnamespace = 'candidate'::regnamespace and c.relkind = 'r' group by c.relname"
        ).fetchall()
    )
