"""From raw to a release: build, validate, and publish every mart in one transaction."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from include.errors import PublishError, ReadersBlockError, StaleBuildError
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
    """The JSON of ``textile publish``. ``release_id`` is the current release, whatever the status.

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
    """Build, validate and publish the marts, as the DAG build_marts does.

    ``full_refresh``: compute every month, also when nothing has changed. ``accept_drift``: why figures that
    jump are right.
    """
    accepted = drift.read_acceptance(accept_drift, who=None)
    build = build_and_validate(settings, full_refresh=full_refresh, accepted=accepted)
    if build is None:
        return report_unchanged(settings)
    if build.failed_rules:
        jumps = drift.jumps(settings, build.build_id)
        current = current_release.read(settings)
        return PublishResult(current, "refused", build.failed_rules, drift.refusal(jumps), jumps)
    return publish_build(settings, build.build_id)


def build_and_validate(
    settings: Settings,
    *,
    full_refresh: bool = False,
    accepted: drift.Acceptance | None = None,
) -> ValidatedBuild | None:
    """Run dbt, then the release gate; both again while loads are accepted meanwhile.

    None when nothing has changed, or when another process has published everything. BuildError
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
    """Publish a build that passed the gate: all marts in one transaction.

    After ReadersBlockError a retry can succeed; any other PublishError needs somebody to act.
    """
    with (
        connect(settings, Role.PUBLISHER, autocommit=True) as connection,
        exclusive(connection, "release"),
        exclusive(connection, "current_release"),  # protects store.current_release
    ):
        # A publisher that was killed after its commit has not reported the release.
        if published := build_log.release_of_newest(connection, build_id):
            return PublishResult(published, "published")
        build_log.require(connection, build_id, "validated")
        build_log.require_same_current(connection, build_id)
        _require_all_marts(settings, connection)
        marts = dbt_manifest.marts(settings)
        with _fail_when_readers_block(build_id):
            for mart in marts:  # new columns: a short lock for each mart
                with_lock_retries(connection, partial(store_tables.widen, connection, mart.name))
        with _fail_when_readers_block(build_id), connection.transaction():
            release_id = int(
                scalar(
                    connection,
                    "insert into ops.release"
                    " (build_id, data_cutoff, final_through, last_load_id, loads, code_version)"
                    # Of the build, not of raw: a file accepted since then is not in this release.
                    " select build_id, (select max(last_date) from intermediate.int_sales__months),"
                    " (select max(month) from candidate.dim_month where stage = 'final'),"
                    " last_load_id, loads, code_version"
                    " from ops.build where build_id = %(build)s returning release_id",
                    {"build": build_id},
                )
            )
            changed = {mart.name: store.merge(connection, mart.name, release_id) for mart in marts}
            for mart in marts:
                change_log.record_mart(connection, mart)
            change_log.record(connection, release_id)
            connection.execute(
                "update ops.release set rows_changed = %s where release_id = %s", [Jsonb(changed), release_id]
            )
            build_log.finish(connection, build_id, "published")
            # Fail after a short wait instead of blocking readers.
            with_lock_retries(connection, partial(_create_views, connection, marts))
            store.set_current(connection, release_id, login_name(), f"published build {build_id}")
        log.info("release %s is visible", release_id)
        return PublishResult(release_id, "published")


def _create_views(connection: psycopg.Connection, marts: list[dbt_manifest.Mart]) -> None:
    for mart in marts:
        store.create_views(connection, mart.name, restricted=mart.restricted)


def report_unchanged(settings: Settings) -> PublishResult:
    """The result when there is nothing to build; after a rollback its message says how to undo it."""
    with connect(settings, Role.PUBLISHER) as connection:
        newest = scalar(connection, "select max(release_id) from ops.release")
    current = current_release.read(settings)
    message = f"no load and no code has changed since release {newest}"
    if current != newest:
        message += (
            f"; readers see release {current}: `textile rollback {newest}` makes the newest current again"
        )
    return PublishResult(current, "unchanged", message=message)


def _require_all_marts(settings: Settings, connection: psycopg.Connection) -> None:
    """PublishError when a published mart is no longer built: its figures would be of an older release."""
    built = {mart.name for mart in dbt_manifest.marts(settings)}
    if gone := [mart for mart in store.stored_marts(connection) if mart not in built]:
        raise PublishError(
            f"mart {gone[0]} is published but no longer built; readers depend on it. Build it, or inform "
            f"its readers and drop marts.{gone[0]} and store.{gone[0]} as postgres"
        )


@contextmanager
def _fail_when_readers_block(build_id: int) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.LockNotAvailable as error:
        raise ReadersBlockError(
            f"build {build_id} changes the columns of a mart that a reader's open transaction holds: nothing "
            "was published. Publish again when it is over; pg_stat_activity shows who reads"
        ) from error
