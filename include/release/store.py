"""Releases in the database: every mart's rows with the range of releases they are valid in.

``store.<mart>`` holds a row once for as long as it does not change. ``marts.<mart>`` shows the rows of one
release, that of ``store.visible_release()`` (schema/release.sql); ``marts_history.<mart>`` those of every
kept release. Publishing writes the new rows, which no reader sees, and then makes the release current;
readers do not wait.
"""

from collections.abc import Iterable
from typing import LiteralString

import psycopg
from psycopg import sql

from include.errors import PublishError
from include.warehouse.connection import scalar
from include.warehouse.store_tables import OPEN_END, MartColumn, columns, create, ensure_index, widen

_OF_ONE_RELEASE: LiteralString = (
    "{store} where valid_from_release <= (select store.visible_release())"
    " and valid_to_release > (select store.visible_release())"
)
_OF_EVERY_RELEASE: LiteralString = (
    "{store} inner join (select release_id from ops.release where dropped_at is null) as kept"
    " on release_id >= valid_from_release and release_id < valid_to_release"
)


def compare(connection: psycopg.Connection, marts: Iterable[str]) -> None:
    """Write the difference of the candidate to the newest stored release into ``ops.difference``.

    It reads every row, so it is part of the validation; :func:`merge` then writes only what changed. The
    caller holds the lock ``release``.
    """
    connection.execute("truncate ops.difference")
    for mart in marts:
        # Marks the mart as compared, also when nothing differs.
        connection.execute("insert into ops.difference (mart) values (%s)", [mart])
        is_stored = bool(columns(connection, "store", mart))
        stored = "select row_hash from {table} where valid_to_release = {open}"
        connection.execute(
            sql.SQL(
                "insert into ops.difference (mart, place, row_hash)"
                " select {mart}, c.place, coalesce(c.row_hash, s.row_hash)"
                " from (select ctid as place, {hash} as row_hash from {candidate} as c) as c"
                " full join ({stored}) as s on c.row_hash = s.row_hash"
                " where c.row_hash is null or s.row_hash is null"
            ).format(
                mart=sql.Literal(mart),
                hash=_hash(columns(connection, "candidate", mart)),
                candidate=sql.Identifier("candidate", mart),
                stored=sql.SQL(stored if is_stored else "select null::uuid as row_hash where false").format(
                    table=sql.Identifier("store", mart), open=sql.Literal(OPEN_END)
                ),
            )
        )
    connection.execute("analyze ops.difference")


def merge(connection: psycopg.Connection, mart: str, release_id: int) -> dict[str, int]:
    """Write the differences of :func:`compare` to the store; returns the numbers of rows added and ended.

    PublishError when the candidate's columns break the mart's contract, or its rows have changed since.
    """
    widen(connection, mart)
    wanted = columns(connection, "candidate", mart)
    if not columns(connection, "store", mart):
        create(connection, mart, wanted)
    ensure_index(connection, mart, wanted)
    parts = {
        "table": sql.Identifier("store", mart),
        "mart": sql.Literal(mart),
        "release": sql.Literal(release_id),
        "open": sql.Literal(OPEN_END),
    }
    ended = connection.execute(
        sql.SQL(
            "update {table} as s set valid_to_release = {release} from ops.difference as d"
            " where d.mart = {mart} and d.place is null"
            " and s.row_hash = d.row_hash and s.valid_to_release = {open}"
        ).format(**parts)
    ).rowcount
    added = connection.execute(
        sql.SQL(
            "insert into {table} ({names}, row_hash, valid_from_release, valid_to_release)"
            " select {values}, d.row_hash, {release}, {open} from ops.difference as d"
            " inner join {candidate} as c on c.ctid = d.place and {hash} = d.row_hash where d.mart = {mart}"
        ).format(
            names=_names(wanted),
            values=_names(wanted, "c"),
            hash=_hash(wanted),
            candidate=sql.Identifier("candidate", mart),
            **parts,
        )
    ).rowcount
    counts = connection.execute(
        "with deleted as (delete from ops.difference where mart = %s returning place, row_hash)"
        " select count(place), count(row_hash) - count(place), count(*) - count(row_hash) from deleted",
        [mart],
    ).fetchone()
    if counts != (added, ended, 1):
        raise PublishError(
            f"mart {mart}: candidate.{mart} is not what was validated: somebody wrote to it since. Nothing "
            "was published; `textile publish` builds and validates again"
        )
    return {"added": added, "ended": ended}


def _hash(of: list[MartColumn]) -> sql.Composed:
    """A hash of the candidate's row ``c``: equal when all its values are equal."""
    return sql.SQL("md5(row({})::text)::uuid").format(_names(of, "c"))


def _names(of: list[MartColumn], *alias: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(*alias, column.name) for column in of)


def create_views(connection: psycopg.Connection, mart: str, *, restricted: bool) -> None:
    """Create ``marts.<mart>`` and ``marts_history.<mart>``, or add new columns; set comments and grants.

    Nothing happens when nothing changed. Views are never dropped, so views of others on them stay valid.
    """
    candidate = columns(connection, "candidate", mart)
    about = scalar(
        connection, "select obj_description(to_regclass(%(name)s), 'pg_class')", {"name": f"candidate.{mart}"}
    )
    release = MartColumn("release_id", "bigint", "Number of the release / 发布编号")
    every = f"{about or mart} -- In every release that is kept. / 所有保留的发布"
    _create_view(connection, "marts", mart, _OF_ONE_RELEASE, candidate, about)
    _create_view(connection, "marts_history", mart, _OF_EVERY_RELEASE, [release, *candidate], every)
    for schema in ("marts", "marts_history"):
        _grant(connection, f"{schema}.{mart}", "analyst", allowed=True)
        _grant(connection, f"{schema}.{mart}", "bi_reader", allowed=not restricted)


def _create_view(
    connection: psycopg.Connection,
    schema: str,
    mart: str,
    rows: LiteralString,
    wanted: list[MartColumn],
    about: str | None,
) -> None:
    """Create a view, or add columns at its end; copy dbt's descriptions to it."""
    existing = columns(connection, schema, mart)
    added = [c for c in wanted if c.name not in {e.name for e in existing}]
    view = sql.Identifier(schema, mart)
    if added:
        names = [*(c.name for c in existing), *(c.name for c in added)]
        connection.execute(
            sql.SQL("create or replace view {view} as select {names} from " + rows).format(
                view=view,
                names=sql.SQL(", ").join(map(sql.Identifier, names)),
                store=sql.Identifier("store", mart),
            )
        )
    comments = {c.name: c.comment for c in existing}
    comment = scalar(
        connection, "select obj_description(to_regclass(%(name)s), 'pg_class')", {"name": f"{schema}.{mart}"}
    )
    if about != comment:
        connection.execute(sql.SQL("comment on view {} is {}").format(view, sql.Literal(about)))
    for column in wanted:
        if column.comment != comments.get(column.name):
            connection.execute(
                sql.SQL("comment on column {} is {}").format(
                    sql.Identifier(schema, mart, column.name), sql.Literal(column.comment)
                )
            )


def _grant(connection: psycopg.Connection, view: str, role: str, *, allowed: bool) -> None:
    """Grant or revoke a role's right to read the view: a mart can become restricted."""
    granted = scalar(
        connection,
        "select has_table_privilege(%(role)s, %(view)s, 'select')",
        {"role": role, "view": view},
    )
    if granted != allowed:
        statement = "grant select on {} to {}" if allowed else "revoke select on {} from {}"
        connection.execute(sql.SQL(statement).format(sql.Identifier(*view.split(".")), sql.Identifier(role)))


def set_current(connection: psycopg.Connection, release_id: int, who: str, reason: str) -> None:
    """Make a release the current one; ``who`` and ``reason`` are recorded."""
    connection.execute(
        "insert into store.current_release (release_id) values (%s)"
        " on conflict (only_row) do update set release_id = excluded.release_id",
        [release_id],
    )
    connection.execute(
        "with switch as (insert into ops.release_switch (release_id, switched_by, reason)"
        " values (%(release)s, %(who)s, %(reason)s) returning switched_at)"
        # published_at: the first switch to the release.
        " update ops.release as r set published_at = s.switched_at from switch as s"
        " where r.release_id = %(release)s and not exists"
        " (select from ops.release_switch as before where before.release_id = r.release_id)",
        {"release": release_id, "who": who, "reason": reason},
    )


def stored_marts(connection: psycopg.Connection) -> list[str]:
    """Every mart that a release ever had."""
    rows = connection.execute(
        "select relname from pg_class where relnamespace = 'store'::regnamespace and relkind = 'r'"
        " and relname <> 'current_release' order by relname"
    )
    return [name for (name,) in rows]


def delete_unused_rows(connection: psycopg.Connection, mart: str) -> int:
    """Delete the rows of ``store.<mart>`` that no kept release has; returns how many."""
    return connection.execute(
        sql.SQL(
            "delete from {} as s where s.valid_to_release <> %s and not exists ("
            " select 1 from ops.release as r where r.dropped_at is null"
            " and r.release_id >= s.valid_from_release and r.release_id < s.valid_to_release)"
        ).format(sql.Identifier("store", mart)),
        [OPEN_END],
    ).rowcount
