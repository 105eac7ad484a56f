"""Build, audit and publish the marts: the second half of the way of the data."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import psycopg
from psycopg.types.json import Jsonb

from include import drift, released
from include.errors import BuildError, PublishError, ReadersInTheWayError, StaleBuildError
from include.person import login_name
from include.quality import gate as quality
from include.quality import release_gate
from include.settings import Role, Settings
from include.sources.contract import sources
from include.transform import dbt, manifest
from include.warehouse import build_log, changes, exchange_rates, reference_due, store, store_tables
from include.warehouse.connection import connect, exclusive, patiently, scalar, wait_for

Say = Callable[[str], None]

_PATIENCE_S = 900


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
    say: Say = lambda _: None,
    *,
    full_refresh: bool = False,
    accept_drift: str | None = None,
) -> PublishResult:
    """Build the marts, audit them, and make them visible; exactly what the DAG build_marts does.

    ``full_refresh``: also when nothing has changed, and every month anew. ``accept_drift``: why figures that
    jump are right.
    """
    accepted = drift.acceptance(accept_drift, who=None)
    first = build(settings, say, full_refresh=full_refresh)
    if first is None:
        return unchanged(settings)
    build_id, failed = audit_fresh(settings, first, say, accepted)
    if build_id is None:
        return unchanged(settings)
    if failed:
        jumps = drift.jumps(settings, build_id)
        return PublishResult(
            released.current_release(settings), "refused", failed, drift.refusal(jumps), jumps
        )
    return publish_build(settings, build_id, say)


def build(settings: Settings, say: Say = lambda _: None, *, full_refresh: bool = False) -> int | None:
    """Run dbt into the candidate schema; returns the build_id, or None when nothing has changed.

    Months that no load touched are kept, unless code or seeds changed. BuildError when dbt fails; readers see
    what they saw before.
    """
    _wait_for_loads(settings, say)
    with connect(settings, Role.PUBLISHER, autocommit=True) as connection, exclusive(connection, "release"):
        build_log.give_up_unfinished(connection)
        if build_log.loads(connection) == 0:
            raise BuildError("there is no accepted load yet: load files first, then publish")
        # Counted, because loads get their number when they begin: a lower one may be accepted later.
        newest = connection.execute(
            "select loads, code_version from ops.release order by release_id desc limit 1"
        ).fetchone()
        # After the waits: what is deployed meanwhile is what dbt will read.
        versions = _versions(connection)
        is_newest = newest == (build_log.loads(connection), versions.code)
        if is_newest and not full_refresh and build_log.kept_release(connection) is not None:
            return None
        try:
            return _run_dbt(settings, connection, versions, say, full_refresh=full_refresh)
        except BuildError as error:
            # dbt reads raw more than once: a load that came between may look like bad data.
            if not build_log.is_overtaken(connection):
                raise
            say(f"{error}: a load was accepted while dbt ran, building again")
            return _run_dbt(settings, connection, versions, say, full_refresh=full_refresh)


def _versions(connection: psycopg.Connection) -> build_log.Versions:
    versions = build_log.Versions(dbt.code_version(), dbt.tables_version(), dbt.inputs())
    rates = exchange_rates.checksum(connection)
    return versions.with_input(exchange_rates.INPUT, rates) if rates else versions


def _run_dbt(
    settings: Settings,
    connection: psycopg.Connection,
    versions: build_log.Versions,
    say: Say,
    *,
    full_refresh: bool,
) -> int:
    build_id, is_full = build_log.begin(connection, versions, full_refresh=full_refresh)
    say(f"build {build_id}: dbt computes {_scope(connection, is_full=is_full)}")
    try:
        result = dbt.build(settings, logging.getLogger("textile.dbt"), full_refresh=is_full)
    except BuildError as error:
        _record_nodes(connection, build_id, error.nodes)
        build_log.finish(connection, build_id, "failed", message=str(error))
        raise
    build_log.tables_built(connection, build_id)
    _record_nodes(connection, build_id, result.nodes)
    build_log.finish(connection, build_id, "built")
    for warning in reference_due.warnings(connection):
        say(f"warning: {warning}")
    models = [n for n in result.nodes if n.resource_type == "model"]
    say(f"build {build_id}: {len(models)} models, {len(result.nodes)} nodes in {result.seconds:.1f} s")
    return build_id


def audit(
    settings: Settings,
    build_id: int,
    say: Say = lambda _: None,
    accepted: drift.Acceptance | None = None,
) -> list[str]:
    """Run the release gate on the candidate; returns the codes of the critical rules that failed.

    Figures that jumped against the current release do not count when somebody has ``accepted`` that. A
    candidate that passed is compared with the newest release, for :func:`publish_build`.
    StaleBuildError when a load was accepted since the build began: the candidate may hold half of it, and
    raw is no longer what it was built from.
    """
    with connect(settings, Role.PUBLISHER, autocommit=True) as connection, exclusive(connection, "release"):
        build_log.require(connection, build_id, "built")
        build_log.require_fresh(connection, build_id)
        gate = quality.Gate(
            settings.dsn(Role.PUBLISHER), quality.docs_dir(settings.home, "release", f"build_{build_id}")
        )
        marts = manifest.marts(settings)
        unproven = build_log.unproven_months(connection, build_id)
        results = release_gate.audit(connection, gate, build_id, marts, unproven)
        docs = str(gate.write_docs().relative_to(settings.home))
        failed = [r for r in results if not r.success and r.severity == "critical"]
        if failed:
            build_log.require_fresh(connection, build_id)
        for result in failed:
            say(f"build {build_id}: {result.suite}: {result.rule}: {result.en} / {result.zh}")
            for line in drift.lines(result):
                say(f"build {build_id}: {line}")
        with connection.transaction():
            if accepted:
                failed = drift.accept(connection, build_id, accepted, failed, say)
            if not failed:
                store.compare(connection, [mart.name for mart in marts])
            status = "refused" if failed else "audited"
            rules = [r.rule for r in failed]
            build_log.finish(connection, build_id, status, failed_rules=rules, docs_path=docs)
        say(f"build {build_id}: {len(results)} rules, {status}; Data Docs: {settings.home / docs}")
        return rules


def audit_fresh(
    settings: Settings,
    build_id: int,
    say: Say = lambda _: None,
    accepted: drift.Acceptance | None = None,
) -> tuple[int | None, list[str]]:
    """Audit a build, and build again as long as loads overtake it; returns the build audited, failed rules.

    None for the build when another process has published everything meanwhile. BuildError when dbt fails.
    """
    fresh: int | None = build_id
    while fresh is not None:
        try:
            return fresh, audit(settings, fresh, say, accepted)
        except StaleBuildError as error:
            say(f"{error}: building again")
            fresh = build(settings, say)
    return None, []


def publish_build(settings: Settings, build_id: int, say: Say = lambda _: None) -> PublishResult:
    """Make an audited build visible: all marts in one transaction, ended by one pointer update.

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
        build_log.require(connection, build_id, "audited")
        build_log.require_same_current(connection, build_id)
        _require_all_marts(settings, connection)
        marts = manifest.marts(settings)
        with _readers_first(build_id):
            for mart in marts:  # columns that no view shows yet: one mart after another, each soon over
                patiently(connection, partial(store_tables.widen, connection, mart.name))
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
                changes.describe(connection, mart)
            changes.keep(connection, release_id)
            connection.execute(
                "update ops.release set rows_changed = %s where release_id = %s", [Jsonb(changed), release_id]
            )
            build_log.finish(connection, build_id, "published")
            # Readers come first: rather fail after a moment than let them queue behind us.
            patiently(connection, partial(_show, connection, marts))
            store.point_to(connection, release_id, login_name(), f"published build {build_id}")
        say(f"release {release_id} is visible")
        return PublishResult(release_id, "published")


def _show(connection: psycopg.Connection, marts: list[manifest.Mart]) -> None:
    for mart in marts:
        store.show(connection, mart.name, restricted=mart.restricted)


def unchanged(settings: Settings) -> PublishResult:
    """What to say when there is nothing to build, also when readers were taken back to an older release."""
    with connect(settings, Role.PUBLISHER) as connection:
        newest = scalar(connection, "select max(release_id) from ops.release")
    current = released.current_release(settings)
    message = f"no load and no code has changed since release {newest}"
    if current != newest:
        message += f"; readers see release {current}: `textile rollback {newest}` shows them the newest again"
    return PublishResult(current, "unchanged", message=message)


def _require_all_marts(settings: Settings, connection: psycopg.Connection) -> None:
    """A mart that is no longer built would show its last figures beside the new ones of the others."""
    built = {mart.name for mart in manifest.marts(settings)}
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


def _wait_for_loads(settings: Settings, say: Say) -> None:
    """Let loads that run now finish: what is built beside them would be out of date at once."""
    with connect(settings, Role.PUBLISHER, autocommit=True) as connection:
        for source in sources():
            if not wait_for(connection, f"load.{source}", 1):
                say(f"a load of {source} runs: waiting for it")
            if not wait_for(connection, f"load.{source}", _PATIENCE_S):
                say(f"a load of {source} takes long: building without it")


def _scope(connection: psycopg.Connection, *, is_full: bool) -> str:
    if is_full:
        return "every month"
    months = scalar(
        connection, "select string_agg(distinct to_char(month, 'YYYY-MM'), ', ') from ops.months_to_build"
    )
    return f"the months that loads touched: {months}" if months else "no month anew"


def _record_nodes(connection: psycopg.Connection, build_id: int, nodes: Iterable[dbt.NodeResult]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.build_node"
            " (build_id, node, resource_type, status, seconds, rows_affected, message)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            [(build_id, n.name, n.resource_type, n.status, n.seconds, n.rows, n.message) for n in nodes],
        )
