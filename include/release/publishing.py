"""From raw to a release: build, validate, and make every mart visible in one transaction."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from include.errors import PublishError, ReadersInTheWayError, StaleBuildError
from include.release import build_log, building, change_log, current_release, drift, store, validation
from include.release.approvals import login_name
from include.settings import Role, Settings
from include.transform import dbt_manifest
from include.warehouse import store_tables
from include.warehouse.connection import connect, exclusive, scalar, with_lock_retries

log = logging.getLogger(__name__)


class ValidatedBuild(NamedTuple):
    """A build and the critical rules of the release gate that it failed; none: it may be published."""

    build_id: int
    failed_rules: list[str]


@dataclass
class PublishResult:
    """The command line's JSON. ``release_id`` is the current release, whatever the status.

    ``jumps``: figures that drift rules refused, the first of each rule.
    """

    release_id: int | None
    status: str
    failed_rules: list[str] = field(default_factory=list)
    message: str = ""
    jumps: list[drift.Cell] = field(default_factory=list)


def publish(
    settings: Settings,
    *,
    full_refresh: bool = False,
    accept_drift: str | None = None,
) -> PublishResult:
    """Build the marts, validate them, and make them visible; exactly what the DAG build_marts does.

    ``full_refresh``: also when nothing has changed, and every month anew. ``accept_drift``: why figures that
    jump are right.
    """
    accepted = drift.acceptance(accept_drift, who=None)
    build = build_and_validate(settings, full_refresh=full_refresh, accepted=accepted)
    if build is None:
        return unchanged(settings)
    if build.failed_rules:
        jumps = drift.jumps(settings, build.build_id)
        current = current_release.current_release(settings)
        return PublishResult(current, "refused", build.failed_rules, drift.refusal(jumps), jumps)
    return publish_build(settings, build.build_id)


def build_and_validate(
    settings: Settings,
    *,
    full_refresh: bool = False,
    accepted: drift.Acceptance | None = None,
) -> ValidatedBuild | None:
    """Run dbt, then the release gate; both again as long as a load overtakes the build.

    None when nothing has changed, or when another process has published everything meanwhile. BuildError
    when dbt fails. ``accepted``: why figures that jump are right.
    """
    build_id = building.build(settings, full_refresh=full_refresh)
    while build_id is not None:
        try:
            return ValidatedBuild(build_id, validation.validate(settings, build_id, accepted))
        except StaleBuildError as error:
            log.info("%s: building again", error)
            build_id = building.build(settings)
    return None


def publish_build(settings: Settings, build_id: int) -> PublishResult:
    """Make a build that passed the gate visible: all marts in one transaction, ended by one pointer update.

    ReadersInTheWayError may be gone at the next try; any other PublishError stays until somebody acts.
    """
    with (
        connect(settings, Role.PUBLISHER, autocommit=True) as connection,
        exclusive(connection, "release"),
        exclusive(connection, "pointer"),
    ):
        # A publisher that was killed after its commit could not say so.
        if done := build_log.release_of_newest(connection, build_id):
            return PublishResult(done, "published")
        build_log.require(connection, build_id, "validated")
        build_log.require_same_current(connection, build_id)
        _require_all_marts(settings, connection)
        marts = dbt_manifest.marts(settings)
        with _readers_first(build_id):
            for mart in marts:  # columns that no view shows yet: one mart after another, each soon over
                with_lock_retries(connection, partial(store_tables.widen, connection, mart.name))
        with _readers_first(build_id), connection.transaction():
            release_id = int(
                scalar(
                    connection,
                    "insert into ops.release"
                    " (build_id, data_cutoff, final_through, last_load_id, loads, code_version)"
                    # Of what was built, not of raw: a file accepted since then is not in this release.
                    " select build_id, (select max(last_date) from intermediate.int_sales__months),"
                    " (select max(month) from candidate.dim_month where stage = 'final'),"
                    " last_load_id, loads, code_version"
                    " from ops.build where build_id = %(build)s returning release_id",
                    {"build": build_id},
                )
            )
            changed = {mart.name: store.merge(connection, mart.name, release_id) for mart in marts}
            for mart in marts:
                change_log.describe(connection, mart)
            change_log.keep(connection, release_id)
            connection.execute(
                "update ops.release set rows_changed = %s where release_id = %s", [Jsonb(changed), release_id]
            )
            build_log.finish(connection, build_id, "published")
            # Readers come first: rather fail after a moment than let them queue behind us.
            with_lock_retries(connection, partial(_show, connection, marts))
            store.point_to(connection, release_id, login_name(), f"published build {build_id}")
        log.info("release %s is visible", release_id)
        return PublishResult(release_id, "published")


def _show(connection: psycopg.Connection, marts: list[dbt_manifest.Mart]) -> None:
    for mart in marts:
        store.show(connection, mart.name, restricted=mart.restricted)


def unchanged(settings: Settings) -> PublishResult:
    """What to say when there is nothing to build, also when readers were taken back to an older release."""
    with connect(settings, Role.PUBLISHER) as connection:
        newest = scalar(connection, "select max(release_id) from ops.release")
    current = current_release.current_release(settings)
    message = f"no load and no code has changed since release {newest}"
    if current != newest:
        message += f"; readers see release {current}: `textile rollback {newest}` shows them the newest again"
    return PublishResult(current, "unchanged", message=message)


def _require_all_marts(settings: Settings, connection: psycopg.Connection) -> None:
    """A mart that is no longer built would show its last figures beside the new ones of the others."""
    built = {mart.name for mart in dbt_manifest.marts(settings)}
    if gone := [mart for mart in store.stored_marts(connection) if mart not in built]:
        raise PublishError(
            f"mart {gone[0]} is published but no longer built; readers depend on it. Build it, or tell its "
            f"readers and drop marts.{gone[0]} and store.{gone[0]} as postgres"
        )


@contextmanager
def _readers_first(build_id: int) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.LockNotAvailable as error:
        raise ReadersInTheWayError(
            f"build {build_id} changes the columns of a mart that a reader's open transaction holds: nothing "
            "was published. Publish again when it is over; pg_stat_activity shows who reads"
        ) from error
