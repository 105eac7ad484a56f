"""The numbered migrations of ``schema/migrations/versions``: Alembic applies those that are missing."""

from pathlib import Path
from typing import cast

import psycopg
from alembic import command, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, NullPool, create_engine

from include.errors import SetupError

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

    SetupError when a migration fails, or when the database is at an unknown revision.
    """
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    at = MigrationContext.configure(connection, opts={"version_table_schema": "ops"}).get_current_revision()
    if at and at not in {script.revision for script in scripts.walk_revisions()}:
        raise SetupError(
            f"the database is newer than this code: its schema is at revision {at}, and the newest here is "
            f"{scripts.get_current_head()}. Nothing was changed. Use the code that made it, or newer code"
        )
    command.upgrade(config, to)


def run_sql_file_of(migration: str) -> None:
    """Run the SQL file beside a migration that has the same name; SetupError names it when it fails."""
    file = Path(migration).with_suffix(".sql")
    try:
        psycopg_connection(op.get_bind()).execute(file.read_bytes())
    except psycopg.Error as error:
        raise SetupError(
            f"the migration {file.name} failed, and the database is as it was before: "
            f"{str(error).splitlines()[0]}"
        ) from error
