"""The numbered migrations of ``schema/migrations/versions``: Alembic applies those that are missing."""

import logging
from pathlib import Path
from typing import cast

import psycopg
from alembic import command, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, NullPool, create_engine

from include.errors import SetupError
from include.sources.contract import sources
from include.warehouse.connection import run_file, scalar

log = logging.getLogger(__name__)

# Longer than a statement of the pipeline, short for the readers that queue behind a lock.
_LOCK_TIMEOUT = "5s"
_FOLDER = Path(__file__).parent / "schema" / "migrations"


def engine(admin_dsn: str) -> Engine:
    """An SQLAlchemy engine over a psycopg connection, so that no URL contains the password."""
    return create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(admin_dsn), poolclass=NullPool
    )


def psycopg_connection(connection: Connection) -> psycopg.Connection:
    """The psycopg connection of an SQLAlchemy connection: the same session and transaction."""
    return cast(psycopg.Connection, connection.connection.driver_connection)


def upgrade(connection: Connection, to: str = "head") -> None:
    """Migrate the tables from the database's revision to another one, in the caller's transaction.

    SetupError when a migration fails, when a load, a build or a reader holds what it needs, when the database
    is at an unknown revision, or when it is older than the first migration.
    """
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    head = scripts.get_current_head()
    at = MigrationContext.configure(connection, opts={"version_table_schema": "ops"}).get_current_revision()
    if at == head:
        return
    if at and at not in {script.revision for script in scripts.walk_revisions()}:
        raise SetupError(
            f"the database is newer than this code: its schema is at revision {at}, and the newest here is "
            f"{head}. Nothing was changed. Use the code that made it, or newer code"
        )
    session = psycopg_connection(connection)
    if not at and scalar(session, "select to_regclass('ops.load') is not null"):
        raise SetupError(
            "the database is older than the first migration. Nothing was changed. Use the code that made it, "
            "or start over with a new database (docs/runbooks/stack-does-not-start.md)"
        )
    log.info("schema: from revision %s to %s", at or "none", head if to == "head" else to)
    try:
        session.execute(f"set local lock_timeout = '{_LOCK_TIMEOUT}'".encode())
        # Who writes locks raw first, then ops: in another order than a migration.
        for name in (*(f"load.{source}" for source in sources()), "release", "current_release"):
            session.execute("select pg_advisory_xact_lock(hashtext(%s))", [f"textile.{name}"])
        command.upgrade(config, to)
        session.execute("set local lock_timeout to default")
    except psycopg.errors.LockNotAvailable as error:
        raise SetupError(
            "the schema cannot change while a load, a build or a reader's open transaction runs. Nothing was "
            "changed: run it again when that has ended (pg_stat_activity shows it)"
        ) from error


def run_sql_file_of(migration: str) -> None:
    """Run the SQL file beside a migration that has the same name."""
    run_file(psycopg_connection(op.get_bind()), Path(migration).with_suffix(".sql"))
