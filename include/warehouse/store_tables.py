"""The tables of the marts: ``store.<mart>`` has the mart's columns, the row's hash and its releases."""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from include.errors import PublishError

OPEN_END = 9223372036854775807  # "valid until further notice"


@dataclass(frozen=True)
class MartColumn:
    """A column of a mart in the database."""

    name: str
    type: str
    comment: str | None


def columns(connection: psycopg.Connection, schema: str, table: str) -> list[MartColumn]:
    """Columns of a relation in order; empty when there is no such relation."""
    rows = connection.execute(
        "select attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum)"
        " from pg_attribute where attrelid = to_regclass(format('%%I.%%I', %s::text, %s::text))"
        " and attnum > 0 and not attisdropped order by attnum",
        [schema, table],
    ).fetchall()
    return [MartColumn(*row) for row in rows]


def widen(connection: psycopg.Connection, mart: str) -> None:
    """Add the candidate's new columns to ``store.<mart>``; PublishError when a change would break readers.

    A column that no view has is from an unfinished publish; it may change.
    """
    wanted = columns(connection, "candidate", mart)
    if not wanted:
        raise PublishError(f"mart {mart} is missing in the candidate schema: build the marts again")
    types = {c.name: c.type for c in wanted}
    broken = [c for c in columns(connection, "marts", mart) if types.get(c.name) != c.type]
    if broken:
        raise PublishError(
            f"mart {mart}: column {broken[0].name} was {broken[0].type} and is now "
            f"{types.get(broken[0].name, 'gone')}; readers depend on it. Give the changed "
            f"mart a new name ({mart}_v2)"
        )
    table = sql.Identifier("store", mart)
    stored = {c.name: c.type for c in columns(connection, "store", mart)}
    for column in wanted if stored else ():
        name = sql.Identifier(column.name)
        if stored.get(column.name, column.type) != column.type:
            connection.execute(sql.SQL("alter table {} drop column {}").format(table, name))
        elif column.name in stored:
            continue
        connection.execute(
            sql.SQL("alter table {} add column {} {}").format(table, name, sql.SQL(column.type))
        )


def create(connection: psycopg.Connection, mart: str, wanted: list[MartColumn]) -> None:
    """Create ``store.<mart>`` for its first release."""
    table = sql.Identifier("store", mart)
    body = [sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(c.type)) for c in wanted]
    connection.execute(
        sql.SQL(
            "create table {} ({}, row_hash uuid not null,"
            " valid_from_release bigint not null, valid_to_release bigint not null)"
        ).format(table, sql.SQL(", ").join(body))
    )
    connection.execute(
        sql.SQL("create index on {} (row_hash) where valid_to_release = {}").format(
            table, sql.Literal(OPEN_END)
        )
    )


def ensure_index(connection: psycopg.Connection, mart: str, wanted: list[MartColumn]) -> None:
    """Index the mart's columns up to its first date: readers ask for a period, most often the newest."""
    first_date = next((position for position, column in enumerate(wanted) if column.type == "date"), None)
    if first_date is not None:
        connection.execute(
            sql.SQL("create index if not exists {} on {} ({})").format(
                sql.Identifier(f"{mart}_period"),
                sql.Identifier("store", mart),
                sql.SQL(", ").join(sql.Identifier(column.name) for column in wanted[: first_date + 1]),
            )
        )
