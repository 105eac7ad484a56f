"""The raw tables, created from the contracts and not by a migration."""

import psycopg

from include.errors import SetupError
from include.sources.contract import Contract
from include.warehouse.connection import scalar
from include.warehouse.store_tables import columns

# Columns of every raw table beside its contract's: the source of the row.
LINEAGE = {"_extra": "jsonb", "_load_id": "bigint not null", "_line_no": "bigint not null"}
_CURRENT = {"_accepted_at": "timestamptz not null default clock_timestamp()"}
_HISTORY = {
    "_accepted_at": "timestamptz not null",
    "_superseded_at": "timestamptz not null default clock_timestamp()",
    "_superseded_by": "bigint not null",
}


def create(connection: psycopg.Connection, of: Contract) -> None:
    """``raw.<source>`` holds the current rows, ``raw.<source>_history`` the superseded ones.

    SetupError when an existing table has other columns than the contract.
    """
    key = ", ".join(of.key)
    own = {c.name: c.postgres_type + (" not null" if c.name in of.key else "") for c in of.columns}
    _table(connection, of.source, own | LINEAGE | _CURRENT, f", primary key ({key})")
    _table(connection, f"{of.source}_history", own | LINEAGE | _HISTORY)
    for statement in (
        f"create index if not exists {of.source}_history_key on raw.{of.source}_history ({key})",
        # A build reads the months that loads changed. Rows are inserted in the order of their days, except
        # corrections: with minmax_multi a single old day does not widen a block's range to years.
        f"create index if not exists {of.source}_{of.date_column} on raw.{of.source}"
        f" using brin ({of.date_column} date_minmax_multi_ops)",
        # Rows that a load superseded are stored together, in the order of the loads.
        f"create index if not exists {of.source}_history_{of.date_column} on raw.{of.source}_history"
        f" using brin ({of.date_column} date_minmax_multi_ops)",
        f"comment on table raw.{of.source} is '{of.description.replace(chr(39), chr(39) * 2)}'",
    ):
        connection.execute(statement.encode())
    has_key = "select exists (select from pg_constraint where conrelid = %(t)s::regclass and contype = 'p')"
    if not scalar(connection, has_key, {"t": f"raw.{of.source}"}):  # a loader was killed between the two
        connection.execute(f"alter table raw.{of.source} add primary key ({key})".encode())
    # For a first load of a million rows: only the owner of the table may do this, not the loader.
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


def _table(connection: psycopg.Connection, name: str, declared: dict[str, str], key: str = "") -> None:
    body = ", ".join(f"{column} {declaration}" for column, declaration in declared.items())
    connection.execute(f"create table if not exists raw.{name} ({body}{key})".encode())
    present = {column.name: column.type for column in columns(connection, "raw", name)}
    wanted = {
        column: declaration.split(" not null")[0].replace("timestamptz", "timestamp with time zone")
        for column, declaration in declared.items()
    }
    for column in {**wanted, **present}:
        if wanted.get(column) != present.get(column):
            raise SetupError(
                f"raw.{name}.{column}: the contract says {wanted.get(column, 'no such column')}, the table "
                f"has {present.get(column, 'no such column')}. Write a migration that changes the table "
                "(docs/engineers.md, Change the schema)"
            )


def drop_key_of_empty(connection: psycopg.Connection, of: Contract) -> bool:
    """Drop the primary key of ``raw.<source>`` until the end of the transaction, if the table is empty.

    False when it has rows, or when somebody is reading it. With ``wal_level=minimal`` the rows that are then
    inserted in the same transaction are not written to the WAL.
    """
    return bool(scalar(connection, f"select raw.{of.source}_drop_key_of_empty()"))


def add_key(connection: psycopg.Connection, of: Contract) -> None:
    """Create the primary key again."""
    scalar(connection, f"select raw.{of.source}_add_key()")
