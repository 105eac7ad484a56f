"""``ops.build``: one row per run of dbt, from its begin to its release."""

from typing import Any

import psycopg

from include.errors import PublishError, StaleBuildError
from include.warehouse.connection import scalar

# Loads that changed a row of raw or of the quarantine: what the others change (rows that were known, files
# refused) shows with the next release.
_CHANGED = "status = 'accepted' and (accepted > 0 or removed > 0 or quarantined > 0)"


def begin(connection: psycopg.Connection, code_version: str) -> int:
    """Open a build of all loads accepted so far; returns its build_id."""
    return int(
        scalar(
            connection,
            "insert into ops.build (last_load_id, loads, code_version)"
            f" select max(load_id), count(*), %(version)s from ops.load where {_CHANGED}"
            " returning build_id",
            {"version": code_version},
        )
    )


def finish(connection: psycopg.Connection, build_id: int, status: str, **columns: Any) -> None:
    """Write how a build ended; ``columns`` are further columns of ops.build (message, docs_path ...)."""
    values = {"failed_rules": None, "message": None, "docs_path": None, **columns}
    connection.execute(
        "update ops.build set status = %(status)s, finished_at = clock_timestamp(),"
        " failed_rules = coalesce(%(failed_rules)s, failed_rules), message = coalesce(%(message)s, message),"
        " docs_path = coalesce(%(docs_path)s, docs_path) where build_id = %(build)s",
        {"status": status, "build": build_id, **values},
    )


def give_up_unfinished(connection: psycopg.Connection) -> None:
    """Close builds that never became a release: the candidate schema is about to be built anew."""
    connection.execute(
        "update ops.build set status = 'crashed', finished_at = clock_timestamp(),"
        " message = 'its process ended, or another build began, before it was published'"
        " where status in ('running', 'built', 'audited')"
    )


def require(connection: psycopg.Connection, build_id: int, status: str) -> None:
    """The candidate schema holds the newest build only: PublishError for an older one."""
    row = connection.execute(
        "select build_id, status from ops.build order by build_id desc limit 1"
    ).fetchone()
    if row == (build_id, status):
        return
    newest, is_now = row or (None, None)
    why = (
        f" Another run or `textile publish` began build {newest} meanwhile, with every load that build "
        f"{build_id} has: once that is published, nothing is left to do. Otherwise"
        if newest != build_id
        else " To publish what has changed since,"
    )
    raise PublishError(
        f"build {build_id} is not the newest {status} build (build {newest} is {is_now}).{why} start over "
        "with `textile publish`, or clear the DAG run from its first task"
    )


def require_fresh(connection: psycopg.Connection, build_id: int) -> None:
    """StaleBuildError when a load was accepted since the build began; the build is closed."""
    built = scalar(connection, "select loads from ops.build where build_id = %(build)s", {"build": build_id})
    if loads(connection) != built:
        message = f"build {build_id} is out of date: a load was accepted since it began"
        finish(connection, build_id, "stale", message=message)
        raise StaleBuildError(message)


def loads(connection: psycopg.Connection) -> int:
    """How many loads have changed raw so far: the version of the data."""
    return int(scalar(connection, f"select count(*) from ops.load where {_CHANGED}"))


def has_unreleased(connection: psycopg.Connection, source: str) -> bool:
    """Whether a load of ``source`` that changed raw became true after the newest release's build began."""
    return bool(
        scalar(
            connection,
            f"select exists (select 1 from ops.load where source = %(source)s and {_CHANGED}"
            " and finished_at >= coalesce((select b.started_at from ops.release as r"
            " inner join ops.build as b using (build_id) order by r.release_id desc limit 1), '-infinity'))",
            {"source": source},
        )
    )
