"""Read the current release, list the releases, and roll back to an older one."""

from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from include.errors import PublishError
from include.release import build_log, retention, store
from include.release.approvals import check_reason, login_name
from include.settings import Role, Settings
from include.warehouse.connection import connect, exclusive, scalar

# Columns that `textile releases` prints; --json has all.
TERMINAL_COLUMNS = (
    "release_id",
    "is_current",
    "published_at",
    "data_cutoff",
    "loads",
    "kept_as",
    "switched_by",
    "reason",
    "accepted_drift",
)


def read(settings: Settings) -> int | None:
    """The id of the release that readers see; None before the first."""
    with connect(settings, Role.PUBLISHER) as connection:
        row = connection.execute("select release_id from store.current_release").fetchone()
        return row[0] if row else None


def is_up_to_date(settings: Settings) -> bool:
    """Whether the newest release has every load that changed raw."""
    with connect(settings, Role.PUBLISHER) as connection:
        newest = connection.execute(
            "select loads from ops.release order by release_id desc limit 1"
        ).fetchone()
        return (newest[0] if newest else 0) == build_log.loads(connection)


def list_all(settings: Settings) -> list[dict[str, Any]]:
    """All releases, newest first. ``kept_as``: why it is kept; empty: the next maintenance drops it."""
    with connect(settings, Role.PUBLISHER) as connection:
        found = connection.cursor(row_factory=dict_row).execute(
            "select r.release_id, r.release_id = c.release_id as is_current, r.published_at, r.data_cutoff,"
            " r.final_through, r.loads, r.code_version, r.dropped_at, s.switched_at, s.switched_by, s.reason,"
            " d.accepted_drift"
            " from ops.release as r left join store.current_release as c on true"
            # The newest switch to this release.
            " left join lateral (select * from ops.release_switch as s where s.release_id = r.release_id"
            " order by s.switched_at desc limit 1) as s on true"
            " left join lateral (select string_agg(distinct reason || ' (' || accepted_by || ')', '; ')"
            " as accepted_drift from ops.accepted_drift as d where d.build_id = r.build_id) as d on true"
            " order by r.release_id desc"
        )
        kept = retention.reasons(connection, datetime.now(UTC))
        return [{**row, "kept_as": kept.get(row["release_id"])} for row in found.fetchall()]


def rollback(settings: Settings, release_id: int, reason: str, who: str | None = None) -> None:
    """Make an older (or newer) release current; PublishError when it does not exist (any more).

    Nothing happens when it is current already. It stays current until the next release is published, which is
    compared with it. ``who``: by default the login name of this process.
    """
    reason = check_reason(reason, "a rollback")
    # The lock "current_release" protects store.current_release; "release" would make a rollback wait for dbt.
    with (
        connect(settings, Role.PUBLISHER, autocommit=True) as connection,
        exclusive(connection, "current_release"),
    ):
        _require_release(connection, release_id)
        if scalar(connection, "select max(release_id) from store.current_release") == release_id:
            return  # also when a task is repeated that ended before it reported success
        with connection.transaction():
            store.set_current(connection, release_id, who or login_name(), reason)


def _require_release(connection: psycopg.Connection, release_id: int) -> None:
    row = connection.execute(
        "select dropped_at from ops.release where release_id = %s", [release_id]
    ).fetchone()
    if row is None:
        raise PublishError(f"there is no release {release_id}; `textile releases` lists them")
    if row[0] is not None:
        raise PublishError(
            f"the rows of release {release_id} were dropped by the retention rule on {row[0]:%Y-%m-%d}; "
            "`textile releases` shows which are kept"
        )
