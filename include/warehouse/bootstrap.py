"""Create or complete the warehouse's schemas, tables and roles. Idempotent; run as the superuser."""

from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from include.settings import Role
from include.sources.contract import Contract, contract, sources
from include.warehouse.connection import scalar

_SCHEMA_FILES = Path(__file__).parent / "schema"
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
    "workbench": Role.ANALYST,  # where analysts keep views and tables of their own
}
_WRITERS = (Role.LOADER, Role.TRANSFORMER, Role.PUBLISHER)
# Columns of every raw table beside its contract's: where the row came from.
LINEAGE = {"_extra": "jsonb", "_load_id": "bigint not null", "_line_no": "bigint not null"}


def apply(admin_dsn: str, passwords: Mapping[str, str]) -> None:
    """Bring the database to the present schema.

    ``passwords``: role name -> password for every role but the superuser.
    """
    with psycopg.connect(admin_dsn) as connection:
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
        for source in sources():
            _raw_tables(connection, contract(source))
        for name in ("ops.sql", "release.sql", "explain.sql", "grants.sql", "ratios.sql"):
            connection.execute((_SCHEMA_FILES / name).read_bytes())
        for source in sources():
            _keys_of_older_rejects(connection, contract(source))


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
        # A role may change its own defaults, for everybody who uses it: they are made right again.
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


def _raw_tables(connection: psycopg.Connection, of: Contract) -> None:
    """``raw.<source>`` holds the current rows, ``raw.<source>_history`` the superseded ones."""
    columns = [f"{c.name} {c.postgres_type}{' not null' if c.name in of.key else ''}" for c in of.columns] + [
        f"{name} {kind}" for name, kind in LINEAGE.items()
    ]
    key = ", ".join(of.key)
    current = [
        *columns,
        "_accepted_at timestamptz not null default clock_timestamp()",
        f"primary key ({key})",
    ]
    history = [
        *columns,
        "_accepted_at timestamptz not null",
        "_superseded_at timestamptz not null default clock_timestamp()",
        "_superseded_by bigint not null",
    ]
    for statement in (
        f"create table if not exists raw.{of.source} ({', '.join(current)})",
        f"create table if not exists raw.{of.source}_history ({', '.join(history)})",
        f"create index if not exists {of.source}_history_key on raw.{of.source}_history ({key})",
        # A build reads the months that loads touched. Rows come in the order of their days, but for
        # corrections: a stray day in a block does not widen its range to years (minmax_multi).
        f"create index if not exists {of.source}_{of.date_column} on raw.{of.source}"
        f" using brin ({of.date_column} date_minmax_multi_ops)",
        # What a load superseded comes together, in the order of the loads.
        f"create index if not exists {of.source}_history_{of.date_column} on raw.{of.source}_history"
        f" using brin ({of.date_column} date_minmax_multi_ops)",
        f"comment on table raw.{of.source} is '{of.description.replace(chr(39), chr(39) * 2)}'",
    ):
        connection.execute(statement.encode())
    has_key = "select exists (select from pg_constraint where conrelid = %(t)s::regclass and contype = 'p')"
    if not scalar(connection, has_key, {"t": f"raw.{of.source}"}):  # a loader went away between the two below
        connection.execute(f"alter table raw.{of.source} add primary key ({key})".encode())
    # What a first load of a million rows needs done, by the owner, which the loader is not.
    for name, body in (
        (
            "drop_key_of_empty",
            f"""
            begin
                lock table raw.{of.source} in access exclusive mode nowait;
                if exists (select from raw.{of.source}) then
                    return false;
                end if;
                truncate raw.{of.source};
                alter table raw.{of.source} drop constraint {of.source}_pkey;
                return true;
            exception when lock_not_available then
                return false;
            end""",
        ),
        (
            "add_key",
            f"""
            begin
                alter table raw.{of.source} add constraint {of.source}_pkey primary key ({key});
                return true;
            end""",
        ),
    ):
        function = f"raw.{of.source}_{name}()"
        connection.execute(
            f"create or replace function {function} returns boolean language plpgsql security definer"
            f" set search_path = '' as $${body}$$".encode()
        )
        connection.execute(f"revoke all on function {function} from public".encode())
        connection.execute(f"grant execute on function {function} to loader".encode())
    if of.slice:
        connection.execute(
            f"create index if not exists {of.source}_slice"
            f" on raw.{of.source} ({', '.join(of.slice)})".encode()
        )


def drop_key_of_empty(connection: psycopg.Connection, of: Contract) -> bool:
    """Take the primary key off ``raw.<source>`` until the end of the transaction, if the table is empty.

    False when it has rows, or when somebody reads it just now: nobody is kept waiting. With
    ``wal_level=minimal`` what is then inserted in the same transaction is not written twice either.
    """
    return bool(scalar(connection, f"select raw.{of.source}_drop_key_of_empty()"))


def add_key(connection: psycopg.Connection, of: Contract) -> None:
    """Put the primary key back on."""
    scalar(connection, f"select raw.{of.source}_add_key()")


def _keys_of_older_rejects(connection: psycopg.Connection, of: Contract) -> None:
    """Give rows that were rejected before keys were kept their key, so that they can be resolved."""
    version = f"(row_values ->> '{of.version_column}')::timestamptz" if of.version_column else "null"
    key = ", ".join(f"row_values ->> '{name}'" for name in of.key)
    known = " and ".join(f"row_values ->> '{name}' is not null" for name in of.key)
    connection.execute(
        f"update ops.quarantine set row_key = array[{key}],"
        f" row_version = {version} where source = '{of.source}' and row_key is null and {known}".encode()
    )
