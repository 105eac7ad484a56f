"""Connections to the warehouse and the locks that make two writers take turns."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg

from include.errors import SetupError
from include.settings import ZONE, Role, Settings


@contextmanager
def connect(settings: Settings, role: Role, *, autocommit: bool = False) -> Iterator[psycopg.Connection]:
    """A connection as ``role``; SetupError with what to do when the server does not answer."""
    try:
        connection = psycopg.connect(
            settings.dsn(role),
            autocommit=autocommit,
            application_name="textile",
            connect_timeout=10,
            options=f"-c timezone={ZONE}",
        )
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise SetupError(
            f"the warehouse at {settings.pg_host}:{settings.pg_port} does not answer as {role.value}: "
            f"{reason}. Is it running? `textile status`, `textile up`"
        ) from error
    with connection:
        yield connection


@contextmanager
def exclusive(connection: psycopg.Connection, name: str) -> Iterator[None]:
    """Hold the named lock; a second holder waits. Needs an autocommit connection.

    The lock belongs to the database session, so a killed process cannot keep it.
    """
    connection.execute("select pg_advisory_lock(hashtext(%s))", [f"textile.{name}"])
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("select pg_advisory_unlock(hashtext(%s))", [f"textile.{name}"])


def wait_for(connection: psycopg.Connection, name: str, patience_s: int) -> bool:
    """Wait until nobody holds the named lock; False when somebody still does after ``patience_s`` seconds."""
    key = [f"textile.{name}"]
    connection.execute(f"set lock_timeout = '{patience_s}s'".encode())
    try:
        connection.execute("select pg_advisory_lock_shared(hashtext(%s))", key)
        connection.execute("select pg_advisory_unlock_shared(hashtext(%s))", key)
    except psycopg.errors.LockNotAvailable:
        return False
    finally:
        connection.execute("reset lock_timeout")
    return True


def scalar(connection: psycopg.Connection, query: str, parameters: Mapping[str, Any] | None = None) -> Any:
    """The one value of a query that always gives one row."""
    row = connection.execute(query.encode(), parameters).fetchone()
    if row is None:
        raise LookupError(f"a query that must give one row gave none: {query}")
    return row[0]
