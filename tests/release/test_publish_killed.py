"""`textile publish` is killed with -9 at its n-th step, or PostgreSQL is.

Readers see all of the old release or all of the new one. After several kills a last run has the same result
as a run without a kill.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from killing import Run, left, run, seen, start, state
from samples import load, one, order, orders, write

from include.local import ports, postgres
from include.release import building, publishing, validation
from include.settings import Role, Settings
from include.warehouse import bootstrap
from tests.load.test_crash import BLOCKED, wait_until

BUILD = "building.build(settings)"
FULL = "building.build(settings, full_refresh=True)"
# After the transaction: two locks are given back, the connection is closed.
AFTER_COMMIT = 3
EVERYWHERE = bool(os.environ.get("TEXTILE_KILL_EVERYWHERE"))


@dataclass
class ReferenceRun:
    """A publish without a kill: the steps of each part, what readers saw before, and the state after it."""

    build: Run
    validation: Run
    publish: Run
    before: dict[str, list[str]]
    state: dict[str, Any]


def with_new_file(settings: Settings, folder: Path) -> Settings:
    """The published warehouse with one more file: lines of a new month, and a correction in an old one."""
    october = {"订单日期": "2020-10-08", "发货日期": "2020-10-20", "更新时间": "2020-10-08 10:30:00"}
    new = orders(3, 订单号="SO-9", **october)
    corrected = order(数量="2000", 金额="41000.00", 更新时间="2020-09-09 09:00:00")
    (result,) = load(settings, "enterprise_orders", write(folder / "news.csv", [*new, corrected]))
    assert result.accepted == 4
    return settings


def validation_of(build_id: int) -> str:
    return f"validation.validate(settings, {build_id})"


def publish_of(build_id: int) -> str:
    return f"publishing.publish_build(settings, {build_id}).status"


@pytest.fixture(scope="module")
def reference_run(
    new_warehouse: Callable[..., Settings], published: Settings, tmp_path_factory: pytest.TempPathFactory
) -> ReferenceRun:
    settings = with_new_file(new_warehouse(published), tmp_path_factory.mktemp("reference_run"))
    before = seen(settings)
    build = run(settings, BUILD)
    validated = run(settings, validation_of(int(build.result)))
    publish = run(settings, publish_of(int(build.result)))
    assert (validated.result, publish.result) == ("[]", "published")
    assert left(settings) == {}
    return ReferenceRun(build, validated, publish, before, state(settings))


def steps(of: Run, sampled: tuple[float, ...], every: int) -> Iterator[int]:
    """Steps to be killed at: some of them, or every n-th with TEXTILE_KILL_EVERYWHERE=1."""
    if EVERYWHERE:
        yield from range(1, of.steps + 1, every)
    else:
        yield from sorted({max(1, round(share * of.steps)) for share in sampled})


@pytest.mark.timeout(36000 if EVERYWHERE else 900)
def test_killed_at_any_step_and_run_again_is_one_clean_release(
    new_warehouse: Callable[..., Settings],
    published: Settings,
    reference_run: ReferenceRun,
    tmp_path: Path,
) -> None:
    settings = with_new_file(new_warehouse(published), tmp_path)
    killed = 0

    def kill(action: str, at: int) -> None:
        nonlocal killed
        assert run(settings, action, at).was_killed, f"{action} has no step {at}"
        assert seen(settings) == reference_run.before, f"{action} killed at {at} shows"
        killed += 1

    for at in steps(reference_run.build, (0.6,), 40):
        kill(BUILD, at)
    kill(FULL, reference_run.build.steps // 2)
    for name in ("manifest.json", "partial_parse.msgpack"):  # dbt may be killed while it writes these too
        file = settings.home / "dbt" / "target" / name
        os.truncate(file, file.stat().st_size // 2)
    build_id = building.build(settings)
    assert build_id
    assert one(settings, "select is_full from ops.build order by build_id desc limit 1")
    for at in steps(reference_run.validation, (0.5,), 10):
        kill(validation_of(build_id), at)
    assert validation.validate(settings, build_id) == []
    commit = reference_run.publish.steps - AFTER_COMMIT
    for at in steps(reference_run.publish, (0.1, 0.3, 0.6, 0.9), 1):
        if at < commit:
            kill(publish_of(build_id), at)
    kill(publish_of(build_id), commit)
    # The release is published, but its publisher was killed before it reported it.
    assert run(settings, publish_of(build_id), commit + 1).was_killed
    assert seen(settings) == reference_run.state["marts"]
    assert publishing.publish_build(settings, build_id).status == "published"
    assert publishing.publish(settings).status == "unchanged"
    print(f"{killed + 1} kills")
    assert left(settings) == {}
    assert state(settings) == reference_run.state


@pytest.fixture
def own_server(published: Settings, tmp_path: Path) -> Iterator[Settings]:
    """The published warehouse on a server of its own, which keeps what it has committed."""
    cluster, port, secret = tmp_path / "postgres", ports.choose(), published.password(Role.ADMIN)
    postgres.start(cluster, port, secret)
    bootstrap.apply(postgres.dsn(port, secret), {role.value: published.password(role) for role in Role})
    with psycopg.connect(postgres.dsn(port, secret), autocommit=True) as connection:
        connection.execute("create database warehouse template template0")
    copy, dump = postgres.dsn(port, secret, "warehouse"), tmp_path / "dump"
    pg_dump, pg_restore = postgres.program("pg_dump"), postgres.program("pg_restore")
    subprocess.run([pg_dump, "-Fc", "-f", dump, published.dsn(Role.ADMIN)], check=True)
    subprocess.run([pg_restore, "-d", copy, dump], check=True)
    home = shutil.copytree(published.home, tmp_path / "home", symlinks=True)
    yield published.model_copy(update={"home": home, "pg_port": port, "pg_database": "warehouse"})
    postgres.stop(cluster)


def crash(settings: Settings, how: signal.Signals) -> None:
    """SIGKILL to every process of the server, or SIGQUIT, its own "immediate" shutdown; started again."""
    cluster = settings.home.parent / "postgres"
    leader = postgres.find(cluster)
    assert leader
    victims = [leader, *leader.children(recursive=True)]
    for process in victims if how is signal.SIGKILL else [leader]:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(how)
    psutil.wait_procs(victims, timeout=30)
    assert postgres.find(cluster) is None
    postgres.start(cluster, settings.pg_port or 0, settings.password(Role.ADMIN))


def crash_during(settings: Settings, action: str, lock: str, role: Role, how: signal.Signals) -> str:
    """Crash the server while the action waits for a lock as ``role``; returns the last line of its error."""
    holder = psycopg.connect(settings.dsn(Role.ADMIN))
    holder.execute(lock.encode())
    process = start(settings, action)
    wait_until(settings, BLOCKED, role.value)
    crash(settings, how)
    holder.close()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    return errors.splitlines()[-1]


@pytest.mark.timeout(900)
def test_a_server_that_crashes_at_any_point_comes_back_with_a_whole_release(
    own_server: Settings, reference_run: ReferenceRun, tmp_path: Path
) -> None:
    settings = with_new_file(own_server, tmp_path)

    def crash_at(action: str, lock: str, role: Role, how: signal.Signals) -> None:
        message = crash_during(settings, action, lock, role, how)
        assert message.startswith(("include.errors.", "include.quality.gate.GateError")), message
        assert seen(settings) == reference_run.before

    # dbt, with some marts built and one that cannot be replaced.
    crash_at(BUILD, "lock table candidate.growth in access share mode", Role.TRANSFORMER, signal.SIGKILL)
    build_id = building.build(settings)
    assert build_id
    validated = "lock table candidate.market_share in access exclusive mode"
    crash_at(validation_of(build_id), validated, Role.PUBLISHER, signal.SIGQUIT)
    assert validation.validate(settings, build_id) == []
    # While rows are written; with all rows written, before the release is made current.
    rows, pointer = (
        "lock table store.market_share in share mode",
        "select from store.current_release for update",
    )
    crash_at(publish_of(build_id), rows, Role.PUBLISHER, signal.SIGKILL)
    crash_at(publish_of(build_id), pointer, Role.PUBLISHER, signal.SIGQUIT)
    crash_at(publish_of(build_id), pointer, Role.PUBLISHER, signal.SIGKILL)
    assert publishing.publish_build(settings, build_id).status == "published"
    crash(settings, signal.SIGKILL)  # a published release survives
    assert seen(settings) == reference_run.state["marts"]
    assert publishing.publish(settings).status == "unchanged"
    assert left(settings) == {}
    assert state(settings) == reference_run.state
