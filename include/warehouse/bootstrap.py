"""Create or complete the warehouse's schemas, tables and roles. Idempotent; run as the superuser."""

from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from include.settings import Role
from include.sources.contract import contract, sources
from include.warehouse import raw_tables
from include.warehouse.connection import run_file

_SCHEMA_FILES = Path(__file__).parent / "schema"
# Applied each time, in this order, so that manual changes are undone.
_REPEATABLE = ("views.sql", "release.sql", "explain.sql", "grants.sql", "ratios.sql")
_SCHEMA_OWNERS = {
    "ops": None,
    "raw": None,
    "load": None,
    "staging": Role.TRANSFORMER,
    "intermediate": Role.TRANSFORMER,
    "reference": Role.TRANSFORMER,
    "candidate": Role.TRANSFORMER,
    "store": None,
    "marts": None,
    "marts_history": None,
    "workbench": Role.ANALYST,  # for views and tables of the analysts
}
_WRITERS = (Role.LOADER, Role.TRANSFORMER, Role.PUBLISHER)


def apply(admin_dsn: str, passwords: Mapping[str, str]) -> None:
    """Bring the database to the present schema, in one transaction.

    ``passwords``: role name -> password for every role but the superuser. SetupError when SQL fails, or as
    :func:`include.warehouse.migrations.upgrade` says.
    """
    from include.warehouse import migrations  # importing it takes half a second, which no other command needs

    with migrations.engine(admin_dsn).begin() as outer:
        connection = migrations.psycopg_connection(outer)
        connection.execute("select pg_advisory_xact_lock(hashtext('textile.bootstrap'))")
        _roles(connection, passwords)
        for schema, owner in _SCHEMA_OWNERS.items():
            connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
            if owner:
                connection.execute(
                    sql.SQL("alter schema {} owner to {}").format(
                        sql.Identifier(schema), sql.Identifier(owner)
                    )
                )
        migrations.upgrade(outer)
        for source in sources():
            raw_tables.create(connection, contract(source))
        for name in _REPEATABLE:
            run_file(connection, _SCHEMA_FILES / name)


def _roles(connection: psycopg.Connection, passwords: Mapping[str, str]) -> None:
    database = connection.info.dbname
    for role in Role:
        if role is Role.ADMIN:
            continue
        known = connection.execute("select 1 from pg_roles where rolname = %s", [role.value]).fetchone()
        verb = "alter" if known else "create"
        connection.execute(
            sql.SQL("{} role {} login password {}").format(
                sql.SQL(verb), sql.Identifier(role.value), sql.Literal(passwords[role.value])
            )
        )
        connection.execute(
            sql.SQL("grant {} on database {} to {}").format(
                sql.SQL("connect, temporary" if role in _WRITERS else "connect"),
                sql.Identifier(database),
                sql.Identifier(role.value),
            )
        )
        # A role may change its own defaults, for everybody who uses it: reset them.
        for where in (sql.SQL(""), sql.SQL("in database {}").format(sql.Identifier(database))):
            connection.execute(
                sql.SQL("alter role {} {} reset all").format(sql.Identifier(role.value), where)
            )
        connection.execute(
            sql.SQL("alter role {} in database {} set timezone to 'Asia/Shanghai'").format(
                sql.Identifier(role.value), sql.Identifier(database)
            )
        )
    connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(database)))
