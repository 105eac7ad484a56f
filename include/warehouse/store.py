"""Releases in the database: every mart's rows with the range of releases they are valid in.

``store.<mart>`` holds each row once for as long as it does not change: a release costs what changed.
``marts.<mart>`` shows the rows of one release: ``store.visible_release()`` says which (schema/release.sql).
``marts_history.<mart>`` shows those of every release. Publishing writes the new rows first (no reader sees
them) and then moves the pointer; nobody waits for anybody.
"""

from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql

from include.errors import PublishError
from include.warehouse.connection import scalar

OPEN_END = 9223372036854775807  # "valid until further notice"
_SYSTEM_COLUMNS = ("valid_from_release", "valid_to_release", "row_hash")
_OF_ONE_RELEASE: LiteralString = (
    "{store} where valid_from_release <= (select store.visible_release())"
    " and valid_to_release > (select store.visible_release())"
)
_OF_EVERY_RELEASE: LiteralString = (
    "{store} inner join (select release_id from ops.release where dropped_at is null) as kept"
    " on release_id >= valid_from_release and release_id < valid_to_release"
)


@dataclass(frozen=True)
class MartColumn:
    """A column of a mart as the database has it."""

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


def merge(connection: psycopg.Connection, mart: str, release_id: int) -> dict[str, int]:
    """Write the difference between the candidate and the newest stored release; returns rows added, ended.

    PublishError when the candidate's columns break the mart's contract.
    """
    wanted = columns(connection, "candidate", mart)
    if not wanted:
        raise PublishError(f"mart {mart} is missing in the candidate schema: build the marts again")
    _ensure_table(connection, mart, wanted)
    _ensure_index(connection, mart, wanted)
    names = sql.SQL(", ").join(sql.Identifier(c.name) for c in wanted)
    table, candidate = sql.Identifier("store", mart), sql.Identifier("candidate", mart)
    connection.execute(
        sql.SQL(
            "create temporary table incoming on commit drop as"
            " select {names}, md5(row({names})::text)::uuid as row_hash from {candidate}"
        ).format(names=names, candidate=candidate)
    )
    connection.execute("analyze incoming")
    ended = connection.execute(
        sql.SQL(
            "update {table} as s set valid_to_release = %(release)s where s.valid_to_release = %(open)s"
            " and not exists (select 1 from incoming as i where i.row_hash = s.row_hash)"
        ).format(table=table),
        {"release": release_id, "open": OPEN_END},
    ).rowcount
    added = connection.execute(
        sql.SQL(
            "insert into {table} ({names}, row_hash, valid_from_release, valid_to_release)"
            " select {names}, i.row_hash, %(release)s, %(open)s from incoming as i where not exists ("
            " select 1 from {table} as s where s.valid_to_release = %(open)s and s.row_hash = i.row_hash)"
        ).format(table=table, names=names),
        {"release": release_id, "open": OPEN_END},
    ).rowcount
    connection.execute("drop table incoming")
    return {"added": added, "ended": ended}


def _ensure_table(connection: psycopg.Connection, mart: str, wanted: list[MartColumn]) -> None:
    """Create the mart's store table, or add columns to it; anything else would break its readers."""
    stored = [c for c in columns(connection, "store", mart) if c.name not in _SYSTEM_COLUMNS]
    table = sql.Identifier("store", mart)
    if not stored:
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
        return
    types = {c.name: c.type for c in wanted}
    broken = [c for c in stored if types.get(c.name) != c.type]
    if broken:
        raise PublishError(
            f"mart {mart}: column {broken[0].name} was {broken[0].type} and is now "
            f"{types.get(broken[0].name, 'gone')}; readers depend on it. Give the changed "
            f"mart a new name ({mart}_v2)"
        )
    for column in wanted:
        if column.name not in {c.name for c in stored}:
            connection.execute(
                sql.SQL("alter table {} add column {} {}").format(
                    table, sql.Identifier(column.name), sql.SQL(column.type)
                )
            )


def _ensure_index(connection: psycopg.Connection, mart: str, wanted: list[MartColumn]) -> None:
    """Index the mart's columns up to its first date: readers ask for a period, most often the newest."""
    first_date = next((place for place, column in enumerate(wanted) if column.type == "date"), None)
    if first_date is not None:
        connection.execute(
            sql.SQL("create index if not exists {} on {} ({})").format(
                sql.Identifier(f"{mart}_period"),
                sql.Identifier("store", mart),
                sql.SQL(", ").join(sql.Identifier(column.name) for column in wanted[: first_date + 1]),
            )
        )


def show(connection: psycopg.Connection, mart: str, *, restricted: bool) -> None:
    """Create or complete ``marts.<mart>`` and ``marts_history.<mart>``, their comments and grants.

    A no-op when nothing changed. Existing columns keep their place and the views their identity, so views
    built on them survive.
    """
    candidate = columns(connection, "candidate", mart)
    about = scalar(
        connection, "select obj_description(to_regclass(%(name)s), 'pg_class')", {"name": f"candidate.{mart}"}
    )
    release = MartColumn("release_id", "bigint", "Number of the release / 发布编号")
    every = f"{about or mart} -- In every release that is kept. / 所有保留的发布"
    _view(connection, "marts", mart, _OF_ONE_RELEASE, candidate, about)
    _view(connection, "marts_history", mart, _OF_EVERY_RELEASE, [release, *candidate], every)
    for schema in ("marts", "marts_history"):
        _grant(connection, f"{schema}.{mart}", "analyst", allowed=True)
        _grant(connection, f"{schema}.{mart}", "bi_reader", allowed=not restricted)


def _view(
    connection: psycopg.Connection,
    schema: str,
    mart: str,
    rows: LiteralString,
    wanted: list[MartColumn],
    about: str | None,
) -> None:
    """Create a view, or add columns at its end; carry dbt's descriptions over, where analysts see them."""
    shown = columns(connection, schema, mart)
    added = [c for c in wanted if c.name not in {s.name for s in shown}]
    view = sql.Identifier(schema, mart)
    if added or not _follows_the_transaction(connection, schema, mart):
        names = [*(c.name for c in shown), *(c.name for c in added)]
        connection.execute(
            sql.SQL("create or replace view {view} as select {names} from " + rows).format(
                view=view,
                names=sql.SQL(", ").join(map(sql.Identifier, names)),
                store=sql.Identifier("store", mart),
            )
        )
    present = {c.name: c.comment for c in shown}
    said = scalar(
        connection, "select obj_description(to_regclass(%(name)s), 'pg_class')", {"name": f"{schema}.{mart}"}
    )
    if about != said:
        connection.execute(sql.SQL("comment on view {} is {}").format(view, sql.Literal(about)))
    for column in wanted:
        if column.comment != present.get(column.name):
            connection.execute(
                sql.SQL("comment on column {} is {}").format(
                    sql.Identifier(schema, mart, column.name), sql.Literal(column.comment)
                )
            )


def _follows_the_transaction(connection: psycopg.Connection, schema: str, mart: str) -> bool:
    """Whether the view reads one release per transaction; an older warehouse's reads one per statement."""
    definition = "select pg_get_viewdef(to_regclass(%(name)s)) ~ 'visible_release|ops\\.release'"
    return bool(scalar(connection, definition, {"name": f"{schema}.{mart}"}))


def _grant(connection: psycopg.Connection, view: str, role: str, *, allowed: bool) -> None:
    """Let a role read the view, or no longer: a mart can become restricted."""
    granted = scalar(
        connection,
        "select has_table_privilege(%(role)s, %(view)s, 'select')",
        {"role": role, "view": view},
    )
    if granted != allowed:
        statement = "grant select on {} to {}" if allowed else "revoke select on {} from {}"
        connection.execute(sql.SQL(statement).format(sql.Identifier(*view.split(".")), sql.Identifier(role)))


def point_to(connection: psycopg.Connection, release_id: int, who: str, reason: str) -> None:
    """Make a release the current one: one row, one update; ``who`` and ``reason`` are recorded."""
    connection.execute(
        "insert into store.current_release (release_id) values (%s)"
        " on conflict (only_row) do update set release_id = excluded.release_id",
        [release_id],
    )
    connection.execute(
        "insert into ops.release_switch (release_id, switched_by, reason) values (%s, %s, %s)",
        [release_id, who, reason],
    )


def stored_marts(connection: psycopg.Connection) -> list[str]:
    """Every mart that any release has."""
    rows = connection.execute(
        "select relname from pg_class where relnamespace = 'store'::regnamespace and relkind = 'r'"
        " and relname <> 'current_release' order by relname"
    )
    return [name for (name,) in rows]


def forget(connection: psycopg.Connection, mart: str) -> int:
    """Delete the rows of ``store.<mart>`` that no kept release shows; returns how many."""
    return connection.execute(
        sql.SQL(
            "delete from {} as s where s.valid_to_release <> %s and not exists ("
            " select 1 from ops.release as r where r.dropped_at is null"
            " and r.release_id >= s.valid_from_release and r.release_id < s.valid_to_release)"
        ).format(sql.Identifier("store", mart)),
        [OPEN_END],
    ).rowcount
