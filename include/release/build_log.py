"""``ops.build``: one row per run of dbt, from its start to its release."""

import datetime as dt
import hashlib
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from include.errors import PublishError, StaleBuildError
from include.load.load_log import CHANGED
from include.warehouse.connection import scalar


class Versions(NamedTuple):
    """Checksums of the code that a release depends on, that the monthly tables depend on, and of each file
    that a figure can depend on."""

    code: str
    tables: str
    inputs: dict[str, str]

    def with_input(self, name: str, checksum: str) -> "Versions":
        """The versions with one more input on which every month depends."""
        code, tables = (
            hashlib.sha256(f"{version} {name} {checksum}".encode()).hexdigest()[:12]
            for version in (self.code, self.tables)
        )
        return Versions(code, tables, {**self.inputs, name: checksum})


def begin(connection: psycopg.Connection, versions: Versions, *, full_refresh: bool) -> tuple[int, bool]:
    """Open a build of all loads accepted so far; returns its build_id and whether it computes every month.

    Otherwise it computes the months of ``ops.months_to_build``: those that loads touched since the last
    successful build of the tables. A load that is accepted while dbt runs is part of the next build.
    """
    with connection.transaction():
        is_full = full_refresh or not _tables_can_be_kept(connection, versions)
        build_id = scalar(
            connection,
            "insert into ops.build"
            " (last_load_id, loads, code_version, tables_version, inputs, is_full, switches)"
            " select max(load_id), count(*), %(code)s, %(tables)s, %(inputs)s, %(full)s,"
            " (select count(*) from ops.release_switch)"
            f" from ops.load where {CHANGED} returning build_id",
            {**versions._asdict(), "inputs": Jsonb(versions.inputs), "full": is_full},
        )
        connection.execute(
            "insert into ops.build_load (load_id, build_id) select load_id, %s from ops.load"
            f" where {CHANGED} and load_id not in (select load_id from ops.build_load)",
            [build_id],
        )
        connection.execute(
            "update ops.load_month as m set build_id = %s where m.build_id is null or m.build_id in"
            " (select b.build_id from ops.build as b where b.tables_built_at is null)",
            [build_id],
        )
    return int(build_id), is_full


def _tables_can_be_kept(connection: psycopg.Connection, versions: Versions) -> bool:
    """Whether the monthly tables are correct except for the months that loads have touched.

    They are not after an unfinished build of every month, nor after the release gate refused a build.
    """
    row = connection.execute(
        "select build_id, tables_version, status from ops.build where tables_built_at is not null"
        " order by build_id desc limit 1"
    ).fetchone()
    if row is None:
        return False
    build_id, tables_version, status = row
    has_unfinished_full_build = scalar(
        connection,
        "select exists (select from ops.build where build_id > %(build)s and is_full)",
        {"build": build_id},
    )
    return tables_version == versions.tables and status != "refused" and not has_unfinished_full_build


def record_tables_built(connection: psycopg.Connection, build_id: int) -> None:
    """Record that dbt succeeded: the months of this build need not be built again."""
    connection.execute(
        "update ops.build set tables_built_at = clock_timestamp() where build_id = %s", [build_id]
    )


def unproven_months(connection: psycopg.Connection, build_id: int) -> list[dt.date] | None:
    """Months that may differ from the newest release: those touched since its build. None: every month.

    Every month also when the code has changed since the release.
    """
    released = find_build_of_newest_release(connection)
    of_code = "select code_version from ops.build where build_id = any(%(builds)s) group by 1"
    if released is None or connection.execute(of_code, {"builds": [released, build_id]}).rowcount > 1:
        return None
    return _touched_since(connection, released, "false")


def unreleased_months(connection: psycopg.Connection) -> list[dt.date] | None:
    """Months touched by loads that the newest release lacks, built or not. None: all may differ from it."""
    released = find_build_of_newest_release(connection)
    return None if released is None else _touched_since(connection, released, "build_id is null")


def find_build_of_newest_release(connection: psycopg.Connection) -> int | None:
    """The build of the newest release, if no later build computed every month; None otherwise."""
    row = connection.execute(
        "select build_id from ops.release where release_id = (select max(release_id) from ops.release)"
        " and not exists (select from ops.build as b where b.build_id > ops.release.build_id and b.is_full)"
    ).fetchone()
    return row[0] if row else None


def _touched_since(connection: psycopg.Connection, build_id: int, or_if: LiteralString) -> list[dt.date]:
    months = connection.execute(
        f"select distinct month from ops.load_month where build_id > %s or {or_if} order by month", [build_id]
    )
    return [month for (month,) in months]


def finish(connection: psycopg.Connection, build_id: int, status: str, **columns: Any) -> None:
    """Write the final status of a build; ``columns``: further columns of ops.build (message, docs_path)."""
    values = {"failed_rules": None, "message": None, "docs_path": None, **columns}
    connection.execute(
        "update ops.build set status = %(status)s, finished_at = clock_timestamp(),"
        " failed_rules = coalesce(%(failed_rules)s, failed_rules), message = coalesce(%(message)s, message),"
        " docs_path = coalesce(%(docs_path)s, docs_path) where build_id = %(build)s",
        {"status": status, "build": build_id, **values},
    )


def close_unfinished(connection: psycopg.Connection) -> None:
    """Mark unfinished builds as crashed: the next build overwrites the candidate schema."""
    connection.execute(
        "update ops.build set status = 'crashed', finished_at = clock_timestamp(),"
        " message = 'its process ended, or another build began, before it was published'"
        " where status in ('running', 'built', 'validated')"
    )


def require(connection: psycopg.Connection, build_id: int, status: str) -> None:
    """PublishError unless this is the newest build, the one in the candidate schema, and has this status."""
    row = connection.execute(
        "select build_id, status from ops.build order by build_id desc limit 1"
    ).fetchone()
    if row == (build_id, status):
        return
    newest, actual = row or (None, None)
    why = (
        f" Another run or `textile publish` began build {newest} meanwhile, with every load that build "
        f"{build_id} has: once that is published, nothing is left to do. Otherwise"
        if newest != build_id
        else " To publish what has changed since,"
    )
    raise PublishError(
        f"build {build_id} is not the newest {status} build (build {newest} is {actual}).{why} start over "
        "with `textile publish`, or clear the DAG run from its first task"
    )


def release_of_newest(connection: psycopg.Connection, build_id: int) -> int | None:
    """The release of a build, if no other build has begun since."""
    row = connection.execute(
        "select release_id from ops.release where build_id = %s"
        " and build_id = (select max(build_id) from ops.build)",
        [build_id],
    ).fetchone()
    return row[0] if row else None


def require_fresh(connection: psycopg.Connection, build_id: int) -> None:
    """StaleBuildError when a load was accepted since the build began; the build is closed."""
    built = scalar(connection, "select loads from ops.build where build_id = %(build)s", {"build": build_id})
    if loads(connection) != built:
        message = f"build {build_id} is out of date: a load was accepted since it began"
        finish(connection, build_id, "stale", message=message)
        raise StaleBuildError(message)


def require_same_current(connection: psycopg.Connection, build_id: int) -> None:
    """PublishError when somebody switched to another release since the build began; the build is closed.

    Publishing it would undo that switch.
    """
    switched = connection.execute(
        "select s.release_id, s.switched_by, s.reason from ops.release_switch as s"
        " inner join ops.build as b on b.build_id = %s"
        " where (select count(*) from ops.release_switch) > b.switches"
        " order by s.switched_at desc limit 1",
        [build_id],
    ).fetchone()
    if switched:
        release_id, who, reason = switched
        message = (
            f"while build {build_id} was made, {who} made release {release_id} current ({reason}): nothing"
            " was published. Look why, then `textile publish`, or clear the DAG run from its first task"
        )
        finish(connection, build_id, "stale", message=message)
        raise PublishError(message)


def is_out_of_date(connection: psycopg.Connection) -> bool:
    """Whether a load was accepted since the newest build began."""
    built = scalar(connection, "select loads from ops.build order by build_id desc limit 1")
    return bool(loads(connection) != built)


def loads(connection: psycopg.Connection) -> int:
    """How many loads have changed raw so far: the version of the data."""
    return int(scalar(connection, f"select count(*) from ops.load where {CHANGED}"))
