"""Housekeeping: old releases, Data Docs, archived files and validation results go; tables stay quick.

Loads and quarantined rows are kept for ever: they say where every row came from.
"""

import logging
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import psycopg
from psycopg import sql

from include.bulletin import files
from include.release import retention, store
from include.settings import Role, Settings
from include.warehouse.connection import connect, exclusive

log = logging.getLogger(__name__)

DATA_DOCS_DAYS = 90
VALIDATION_RESULTS_DAYS = 400
ARCHIVE_DAYS = 800  # a file can be loaded anew for two years and a bit

# Each role tends what it writes; see warehouse/schema/grants.sql.
_TENDED = {Role.LOADER: ("raw",), Role.PUBLISHER: ("store", "ops")}


def drop_expired(settings: Settings, now: datetime | None = None) -> dict[str, int]:
    """Drop what is past its time as of ``now`` (with time zone); returns how many of each kind."""
    now = now or datetime.now(UTC)
    dropped = drop_releases(settings, now)
    gone = {
        "releases": len(dropped),
        "bulletins": files.drop_gone(settings),
        "validation_results": drop_validation_results(settings, now),
        "refused_rows": drop_refused_rows(settings, now),
        "data_docs": _drop_older(_data_docs(settings), now - timedelta(days=DATA_DOCS_DAYS)),
        "archived_files": _drop_older(_archived(settings), now - timedelta(days=ARCHIVE_DAYS)),
    }
    if dropped:
        log.info("releases dropped: %s", ", ".join(map(str, dropped)))
    for kind, count in gone.items():
        log.info("%s: %s dropped", kind, count)
    return gone


def drop_releases(settings: Settings, now: datetime) -> list[int]:
    """Drop releases past their keeping time and the rows that only they had; returns their ids.

    Kept: all of the last 30 days, the last of each month (Shanghai's), those that were the
    first to show a month as final, the newest and the current one. No reader waits: whoever has a snapshot
    reads on in it, whoever comes after finds nothing. The rows go mart by mart: what a killed run left, the
    next one clears.
    """
    with (
        connect(settings, Role.PUBLISHER, autocommit=True) as connection,
        exclusive(connection, "release"),
        exclusive(connection, "pointer"),
    ):
        dropped = sorted(
            release_id for release_id, why in retention.reasons(connection, now).items() if not why
        )
        connection.execute(
            "update ops.release set dropped_at = %s where release_id = any(%s)", [now, dropped]
        )
        for mart in store.stored_marts(connection):
            store.delete_unused_rows(connection, mart)
        return dropped


def drop_validation_results(settings: Settings, now: datetime) -> int:
    """Delete results of Great Expectations past their keeping time; returns how many."""
    with connect(settings, Role.PUBLISHER) as connection:
        return connection.execute(
            "delete from ops.validation_result where validated_at < %s",
            [now - timedelta(days=VALIDATION_RESULTS_DAYS)],
        ).rowcount


def drop_refused_rows(settings: Settings, now: datetime) -> int:
    """Delete the kept rows of refused files that are no longer in the archive either; returns how many."""
    with connect(settings, Role.PUBLISHER) as connection:
        return connection.execute(
            "delete from ops.refused_row where refused_at < %s", [now - timedelta(days=ARCHIVE_DAYS)]
        ).rowcount


def vacuum(settings: Settings) -> None:
    """Free the space of dead rows and renew the planner's statistics, table by table; blocks nobody."""
    for role, schemas in _TENDED.items():
        with connect(settings, role, autocommit=True) as connection:
            for schema, table in _tables(connection, schemas):
                connection.execute(
                    sql.SQL("vacuum (analyze, skip_locked) {}").format(sql.Identifier(schema, table))
                )
                log.info("vacuumed %s.%s", schema, table)


def _tables(connection: psycopg.Connection, schemas: tuple[str, ...]) -> list[tuple[str, str]]:
    """Tables of these schemas that the connection's role may tend."""
    return connection.execute(
        "select relnamespace::regnamespace::text, relname from pg_class"
        " where relnamespace::regnamespace::text = any(%s) and relkind = 'r'"
        " and has_table_privilege(oid, 'maintain') order by 1, 2",
        [list(schemas)],
    ).fetchall()


def _data_docs(settings: Settings) -> Iterator[Path]:
    """The Data Docs of each validation: a folder each."""
    docs = settings.home / "data_docs"
    return chain(docs.glob("load/*"), docs.glob("release/*"))


def _archived(settings: Settings) -> Iterator[Path]:
    """Kept deliveries with their manifests and reasons, by source and verdict."""
    return (settings.home / "archive").glob("*/*/*")


def _drop_older(paths: Iterator[Path], before: datetime) -> int:
    """Delete what came to lie where it is before a moment; a file's own date is its sender's."""
    old = [path for path in paths if path.lstat().st_ctime < before.timestamp()]
    for path in old:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return len(old)
