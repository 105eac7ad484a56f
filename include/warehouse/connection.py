"""Connections to the warehouse, and locks so that writers run one after the other."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from include.errors import SetupError, UsageError
from include.settings import ZONE, Role, Settings

log = logging.getLogger(__name__)

# Shorter than a reader notices, and shorter than PostgreSQL's deadlock_timeout (1 s).
_TRY_MS = 100
_PAUSE_S = 0.2
_TRIES = 10
# pg_locks has the two halves of the number that a name is hashed to.
_HOLDER = """
    select format('server process %%s, role %%s, since %%s', a.pid, a.usename, a.backend_start::timestamp(0))
    from pg_locks as l
    inner join pg_stat_activity as a using (pid)
    where l.locktype = 'advisory' and l.granted
        and (l.classid::bigint << 32) | l.objid::bigint = hashtext(%(name)s)::bigint
"""


@contextmanager
def connect(settings: Settings, role: Role, *, autocommit: bool = False) -> Iterator[psycopg.Connection]:
    """A connection as ``role``; SetupError with what to do when the server does not answer or stops."""
    try:
        connection = psycopg.connect(
            settings.dsn(role),
            autocommit=autocommit,
            application_name="textile",
            connect_timeout=10,
            options=f"-c timezone={ZONE}",
        )
    except psycopg.OperationalError as error:
        raise SetupError(
            f"the warehouse at {settings.pg_host}:{settings.pg_port} does not answer as {role.value}: "
            f"{_first_line(error)}. Is it running? `textile status`, `textile up`"
        ) from error
    with connection:
        try:
            yield connection
        except psycopg.OperationalError as error:
            if not connection.broken:
                raise
            raise SetupError(
                f"the warehouse at {settings.pg_host}:{settings.pg_port} closed the connection: "
                f"{_first_line(error)}. Run `textile up`, then the same command again; unfinished work was "
                "rolled back"
            ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


@contextmanager
def exclusive(connection: psycopg.Connection, name: str) -> Iterator[None]:
    """Hold the named lock; a second holder waits and logs who holds it. Needs an autocommit connection.

    The lock belongs to the database session: it is released when the process is killed.
    """
    key = {"name": f"textile.{name}"}
    if not scalar(connection, "select pg_try_advisory_lock(hashtext(%(name)s))", key):
        holder = connection.execute(_HOLDER, key).fetchone() or ("one that has just ended",)
        log.info("waiting for another process, which holds the lock %s: %s", name, holder[0])
        connection.execute("select pg_advisory_lock(hashtext(%(name)s))", key)
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("select pg_advisory_unlock(hashtext(%(name)s))", key)


def wait_for(connection: psycopg.Connection, name: str, timeout_s: int) -> bool:
    """Wait until nobody holds the named lock; False when somebody still does after ``timeout_s`` seconds."""
    key = [f"textile.{name}"]
    connection.execute(f"set lock_timeout = '{timeout_s}s'".encode())
    try:
        connection.execute("select pg_advisory_lock_shared(hashtext(%s))", key)
        connection.execute("select pg_advisory_unlock_shared(hashtext(%s))", key)
    except psycopg.errors.LockNotAvailable:
        return False
    finally:
        connection.execute("reset lock_timeout")
    return True


def with_lock_retries(connection: psycopg.Connection, action: Callable[[], None]) -> None:
    """Run an action that needs an exclusive lock, with lock retries; LockNotAvailable after three seconds.

    New readers queue behind a waiting exclusive lock, and a reader of two marts could then get a deadlock
    error. So each try is short, and it releases all its locks before the next.
    """
    before = scalar(connection, "show lock_timeout")
    for tries_left in reversed(range(_TRIES)):
        try:
            with connection.transaction():
                connection.execute(f"set local lock_timeout = '{_TRY_MS}ms'".encode())
                action()
                connection.execute("select set_config('lock_timeout', %s, true)", [before])
                return
        except psycopg.errors.LockNotAvailable:
            if not tries_left:
                raise
        time.sleep(_PAUSE_S)


def rows(settings: Settings, role: Role, query: str) -> list[dict[str, Any]]:
    """Rows of a statement that a person typed; UsageError with the server's message when it fails."""
    with connect(settings, role) as connection:
        try:
            cursor = connection.cursor(row_factory=dict_row).execute(query.encode())
        except psycopg.Error as error:
            raise UsageError(_first_line(error)) from error
        return cursor.fetchall() if cursor.description else []


def run_file(connection: psycopg.Connection, file: Path) -> None:
    """Run a file of SQL statements; SetupError names it when it fails, LockNotAvailable stays as it is."""
    try:
        connection.execute(file.read_bytes())
    except psycopg.errors.LockNotAvailable:
        raise
    except psycopg.Error as error:
        raise SetupError(
            f"{file.name} failed, and the database is as it was before: {_first_line(error)}"
        ) from error


def scalar(connection: psycopg.Connection, query: str, parameters: Mapping[str, Any] | None = None) -> Any:
    """The single value of a query that always returns one row."""
    row = connection.execute(query.encode(), parameters).fetchone()
    if row is None:
        raise LookupError(f"a query that must return one row returned none: {query}")
    return row[0]
