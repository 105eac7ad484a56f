"""Drop expired releases, Data Docs, archived files and validation results; vacuum tables.

Loads and quarantined rows are kept for ever: they record where every row came from.
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
ARCHIVE_DAYS = 800  # a file can be loaded again for more than two years

# Each role vacuums the schemas that it writes; see warehouse/schema/grants.sql.
_VACUUMED = {Role.LOADER: ("raw",), Role.PUBLISHER: ("store", "ops")}


def drop_expired(settings: Settings, now: datetime | None = None) -> dict[str, int]:
    """Drop what is expired as of ``now`` (with time zone); returns how many of each kind."""
    now = now or datetime.now(UTC)
    dropped = drop_releases(settings, now)
    counts = {
        "releases": len(dropped),
        "bulletins": files.delete_dropped(settings),
        "validation_results": drop_validation_results(settings, now),
        "refused_rows": drop_refused_rows(settings, now),
        "data_docs": _drop_older(_data_docs(settings), now - timedelta(days=DATA_DOCS_DAYS)),
        "archived_files": _drop_older(_archived(settings), now - timedelta(days=ARCHIVE_DAYS)),
    }
    if dropped:
        log.info("releases dropped: %s", ", ".join(map(str, dropped)))
    for kind, count in counts.items():
        log.info("%s: %s dropped", kind, count)
    return counts


def drop_releases(settings: Settings, now: datetime) -> list[int]:
    """Drop expired releases (:func:`retention.reasons`) and the rows that only they had; returns their ids.

    Readers do not wait: a reader with a snapshot still sees the rows. Rows are deleted mart by mart; after a
    killed run the next one deletes the rest.
    """
    with (
        connect(settings, Role.PUBLISHER, autocommit=True) as connection,
        exclusive(connection, "release"),
        exclusive(connection, "current_release"),
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
    """Delete expired results of validations; returns how many."""
    with connect(settings, Role.PUBLISHER) as connection:
        return connection.execute(
            "delete from ops.validation_result where validated_at < %s",
            [now - timedelta(days=VALIDATION_RESULTS_DAYS)],
        ).rowcount


def drop_refused_rows(settings: Settings, now: datetime) -> int:
    """Delete the rows of refused files that have expired in the archive; returns how many."""
    with connect(settings, Role.PUBLISHER) as connection:
        return connection.execute(
            "delete from ops.refused_row where refused_at < %s", [now - timedelta(days=ARCHIVE_DAYS)]
        ).rowcount


def vacuum(settings: Settings) -> None:
    """Vacuum and analyze table by table; readers and writers do not wait."""
    for role, schemas in _VACUUMED.items():
        with connect(settings, role, autocommit=True) as connection:
            for schema, table in _tables(connection, schemas):
                connection.execute(
                    sql.SQL("vacuum (analyze, skip_locked) {}").format(sql.Identifier(schema, table))
                )
                log.info("vacuumed %s.%s", schema, table)


def _tables(connection: psycopg.Connection, schemas: tuple[str, ...]) -> list[tuple[str, str]]:
    """Tables of these schemas that the connection's role may vacuum."""
    return connection.execute(
        "select relnamespace::regnamespace::text, relname from pg_class"
        " where relnamespace::regnamespace::text = any(%s) and relkind = 'r'"
        " and has_table_privilege(oid, 'maintain') order by 1, 2",
        [list(schemas)],
    ).fetchall()


def _data_docs(settings: Settings) -> Iterator[Path]:
    """The folder of each validation's Data Docs."""
    docs = settings.home / "data_docs"
    return chain(docs.glob("load/*"), docs.glob("release/*"))


def _archived(settings: Settings) -> Iterator[Path]:
    """Archived files with their manifests and reasons, by source and verdict."""
    return (settings.home / "archive").glob("*/*/*")


def _drop_older(paths: Iterator[Path], before: datetime) -> int:
    """Delete what was archived before a moment (ctime: mtime is the sender's); returns how many."""
    old = [path for path in paths if path.lstat().st_ctime < before.timestamp()]
    for path in old:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return len(old)
