"""``ops.load``: one row per delivered file, with its verdict."""

from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from include.load.drop_folder import Fingerprint
from include.settings import Role, Settings
from include.warehouse.connection import connect, scalar

# Loads that changed a row of raw or of the quarantine. What others change (known rows, refused files) becomes
# visible with the next release.
CHANGED = "status = 'accepted' and (accepted > 0 or removed > 0 or quarantined > 0)"


@dataclass
class FileResult:
    """The result of loading one file, with the same fields as the command line's JSON.

    ``skipped`` counts, by reason, rows that are not data (a total, a repeated header, a profile's filter);
    they are not counted in ``rows_in``. ``repairs`` counts repaired values by rule.
    """

    load_id: int | None
    file: str
    sha256: str
    status: str
    rows_in: int = 0
    accepted: int = 0
    unchanged: int = 0
    quarantined: int = 0
    failed_rules: list[str] = field(default_factory=list)
    message: str = ""
    skipped: dict[str, int] = field(default_factory=dict)
    repairs: dict[str, int] = field(default_factory=dict)


def accepted_load(
    connection: psycopg.Connection, source: str, of: Fingerprint, profile_sha256: str = ""
) -> int | None:
    """The earlier load that accepted the same bytes with the same manifest and profile, if any."""
    row = connection.execute(
        "select load_id from ops.load where source = %s and sha256 = %s and manifest_sha256 = %s"
        " and profile_sha256 = %s and status = 'accepted'",
        [source, of.sha256, of.manifest_sha256, profile_sha256],
    ).fetchone()
    return row[0] if row else None


def left_load(connection: psycopg.Connection, source: str, of: Fingerprint) -> int | None:
    """The earlier load that refused this file and left it in the drop folder, if any."""
    row = connection.execute(
        "select load_id from ops.load where source = %s and left_as = %s order by load_id desc limit 1",
        [source, of.left_as],
    ).fetchone()
    return row[0] if row else None


def begin(
    connection: psycopg.Connection,
    source: str,
    profile: str | None,
    file: Fingerprint,
    run_id: str | None,
    profile_sha256: str = "",
) -> int:
    """Open a load; returns its load_id."""
    return int(
        scalar(
            connection,
            "insert into ops.load (source, profile, file_name, sha256, manifest_sha256, profile_sha256,"
            " size_bytes, run_id) values (%(source)s, %(profile)s, %(name)s, %(sha256)s, %(manifest)s,"
            " %(profile_sha256)s, %(size)s, %(run)s) returning load_id",
            {
                "source": source,
                "profile": profile,
                "name": file.display_name,
                "sha256": file.sha256,
                "manifest": file.manifest_sha256,
                "profile_sha256": profile_sha256,
                "size": file.size_bytes,
                "run": run_id,
            },
        )
    )


def finish(connection: psycopg.Connection, result: FileResult, **columns: Any) -> None:
    """Write a load's verdict; ``columns`` are further columns of ops.load (docs_path, left_as ...)."""
    values = {
        "status": result.status,
        "rows_in": result.rows_in,
        "accepted": result.accepted,
        "unchanged": result.unchanged,
        "quarantined": result.quarantined,
        "failed_rules": result.failed_rules,
        "message": result.message,
        "skipped": Jsonb(result.skipped),
        "repairs": Jsonb(result.repairs),
        **columns,
    }
    connection.execute(
        sql.SQL("update ops.load set {}, finished_at = clock_timestamp() where load_id = {}").format(
            sql.SQL(", ").join(
                sql.SQL("{} = {}").format(sql.Identifier(n), sql.Literal(v)) for n, v in values.items()
            ),
            sql.Literal(result.load_id),
        )
    )


def record_archived(connection: psycopg.Connection, load_id: int, kept_path: str) -> None:
    """Record the file's path in the archive, relative to the home folder, unless it is recorded already."""
    connection.execute(
        "update ops.load set kept_path = %s where load_id = %s and kept_path is null", [kept_path, load_id]
    )


def newest(settings: Settings, limit: int) -> list[dict[str, Any]]:
    """The newest loads first, each with its verdict; ``started_at`` is in Shanghai time."""
    with connect(settings, Role.LOADER) as connection:
        return (
            connection.cursor(row_factory=dict_row)
            .execute(
                "select load_id, to_char(started_at, 'YYYY-MM-DD HH24:MI') as started_at, source,"
                " concat_ws('/', profile, file_name) as file, status, rows_in, accepted, unchanged,"
                " quarantined, message from ops.load order by load_id desc limit %s",
                [limit],
            )
            .fetchall()
        )


def recover(connection: psycopg.Connection, source: str) -> int:
    """Close the loads of a killed loader and return their number. Call with the source's lock held."""
    crashed = connection.execute(
        "update ops.load set status = 'crashed', finished_at = clock_timestamp(),"
        " message = 'the loader was stopped before its verdict; nothing of the file was accepted'"
        " where source = %s and status = 'running' returning load_id",
        [source],
    ).fetchall()
    left_over = connection.execute(
        "select relname from pg_class where relnamespace = 'load'::regnamespace and relkind = 'r'"
        " and starts_with(relname, %s)",
        [f"{source}__"],
    ).fetchall()
    for (table,) in left_over:
        connection.execute(sql.SQL("drop table load.{}").format(sql.Identifier(table)))
    return len(crashed)


def has_unreleased(connection: psycopg.Connection, source: str) -> bool:
    """Whether a load of ``source`` that changed raw was finished after the newest release's build began."""
    return bool(
        scalar(
            connection,
            f"select exists (select 1 from ops.load where source = %(source)s and {CHANGED}"
            " and finished_at >= coalesce((select b.started_at from ops.release as r"
            " inner join ops.build as b using (build_id) order by r.release_id desc limit 1), '-infinity'))",
            {"source": source},
        )
    )
