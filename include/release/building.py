"""Run dbt into the candidate schema, which readers do not see."""

import logging
from collections.abc import Iterable

import psycopg

from include.errors import BuildError
from include.release import build_log, entered_rates, reference_due
from include.settings import Role, Settings
from include.sources.contract import sources
from include.transform import dbt
from include.warehouse.connection import connect, exclusive, scalar, wait_for

log = logging.getLogger(__name__)

_LOAD_TIMEOUT_S = 900


def build(settings: Settings, *, full_refresh: bool = False) -> int | None:
    """Run dbt into the candidate schema; returns the build_id, or None when nothing has changed.

    Months that no load touched are kept, unless code or seeds changed. BuildError when dbt fails; readers
    still see the current release.
    """
    _wait_for_loads(settings)
    with connect(settings, Role.PUBLISHER, autocommit=True) as connection, exclusive(connection, "release"):
        build_log.close_unfinished(connection)
        if build_log.loads(connection) == 0:
            raise BuildError("there is no accepted load yet: load files first, then publish")
        # The number of loads, not the highest id: a load with a lower id may be accepted later.
        newest = connection.execute(
            "select loads, code_version from ops.release order by release_id desc limit 1"
        ).fetchone()
        # Computed after the waits: the code may have changed meanwhile.
        versions = _versions(connection)
        is_newest = newest == (build_log.loads(connection), versions.code)
        if is_newest and not full_refresh and build_log.find_build_of_newest_release(connection) is not None:
            return None
        try:
            return _run_dbt(settings, connection, versions, full_refresh=full_refresh)
        except BuildError as error:
            # dbt reads raw more than once: a load that was accepted between two reads can fail a test.
            if not build_log.is_out_of_date(connection):
                raise
            log.info("%s: a load was accepted while dbt ran, building again", error)
            return _run_dbt(settings, connection, versions, full_refresh=full_refresh)


def _versions(connection: psycopg.Connection) -> build_log.Versions:
    versions = build_log.Versions(dbt.code_version(), dbt.tables_version(), dbt.inputs())
    rates = entered_rates.checksum(connection)
    return versions.with_input(entered_rates.INPUT, rates) if rates else versions


def _run_dbt(
    settings: Settings,
    connection: psycopg.Connection,
    versions: build_log.Versions,
    *,
    full_refresh: bool,
) -> int:
    build_id, is_full = build_log.begin(connection, versions, full_refresh=full_refresh)
    log.info("build %s: dbt computes %s", build_id, _scope(connection, is_full=is_full))
    try:
        result = dbt.build(settings, full_refresh=is_full)
    except BuildError as error:
        _record_nodes(connection, build_id, error.nodes)
        build_log.finish(connection, build_id, "failed", message=str(error))
        raise
    build_log.record_tables_built(connection, build_id)
    _record_nodes(connection, build_id, result.nodes)
    build_log.finish(connection, build_id, "built")
    for warning in reference_due.warnings(connection):
        log.warning(warning)
    models = [n for n in result.nodes if n.resource_type == "model"]
    log.info(
        "build %s: %s models, %s nodes in %.1f s", build_id, len(models), len(result.nodes), result.seconds
    )
    return build_id


def _wait_for_loads(settings: Settings) -> None:
    """Wait for running loads: a build without them would be out of date at once."""
    with connect(settings, Role.PUBLISHER, autocommit=True) as connection:
        for source in sources():
            if not wait_for(connection, f"load.{source}", 1):
                log.info("a load of %s runs: waiting for it", source)
            if not wait_for(connection, f"load.{source}", _LOAD_TIMEOUT_S):
                log.info("a load of %s takes long: building without it", source)


def _scope(connection: psycopg.Connection, *, is_full: bool) -> str:
    if is_full:
        return "every month"
    months = scalar(
        connection, "select string_agg(distinct to_char(month, 'YYYY-MM'), ', ') from ops.months_to_build"
    )
    return f"the months that loads touched: {months}" if months else "no month"


def _record_nodes(connection: psycopg.Connection, build_id: int, nodes: Iterable[dbt.NodeResult]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.build_node"
            " (build_id, node, resource_type, status, seconds, rows_affected, message)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            [(build_id, n.name, n.resource_type, n.status, n.seconds, n.rows, n.message) for n in nodes],
        )
