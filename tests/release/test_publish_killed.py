"""Killed with -9 in the midst of `textile publish`: its process at its n-th step, or PostgreSQL.

Readers see the old release or the new one, whole. The kills of a chain leave their traces one on top of
another; at its end stands what an undisturbed run makes.
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
class Undisturbed:
    """A release nobody disturbed: the steps of each part, what readers saw before, and what it leaves."""

    build: Run
    validation: Run
    publish: Run
    before: dict[str, list[str]]
    state: dict[str, Any]


def with_news(settings: Settings, folder: Path) -> Settings:
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
def undisturbed(
    new_warehouse: Callable[..., Settings], published: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Undisturbed:
    settings = with_news(new_warehouse(published), tmp_path_factory.mktemp("undisturbed"))
    before = seen(settings)
    build = run(settings, BUILD)
    validated = run(settings, validation_of(int(build.result)))
    publish = run(settings, publish_of(int(build.result)))
    assert (validated.result, publish.result) == ("[]", "published")
    assert left(settings) == {}
    return Undisturbed(build, validated, publish, before, state(settings))


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
    undisturbed: Undisturbed,
    tmp_path: Path,
) -> None:
    settings = with_news(new_warehouse(published), tmp_path)
    killed = 0

    def kill(action: str, at: int) -> None:
        nonlocal killed
        assert run(settings, action, at).was_killed, f"{action} has no step {at}"
        assert seen(settings) == undisturbed.before, f"{action} killed at {at} shows"
        killed += 1

    for at in steps(undisturbed.build, (0.6,), 40):
        kill(BUILD, at)
    kill(FULL, undisturbed.build.steps // 2)
    for name in ("manifest.json", "partial_parse.msgpack"):  # dbt may be killed while it writes them, too
        file = settings.home / "dbt" / "target" / name
        os.truncate(file, file.stat().st_size // 2)
    build_id = building.build(settings)
    assert build_id
    assert one(settings, "select is_full from ops.build order by build_id desc limit 1")
    for at in steps(undisturbed.validation, (0.5,), 10):
        kill(validation_of(build_id), at)
    assert validation.validate(settings, build_id) == []
    commit = undisturbed.publish.steps - AFTER_COMMIT
    for at in steps(undisturbed.publish, (0.1, 0.3, 0.6, 0.9), 1):
        if at < commit:
            kill(publish_of(build_id), at)
    kill(publish_of(build_id), commit)
    # The release is out, only its publisher cannot say so any more.
    assert run(settings, publish_of(build_id), commit + 1).was_killed
    assert seen(settings) == undisturbed.state["marts"]
    assert publishing.publish_build(settings, build_id).status == "published"
    assert publishing.publish(settings).status == "unchanged"
    print(f"{killed + 1} kills")
    assert left(settings) == {}
    assert state(settings) == undisturbed.state


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
    """Crash the server while the action waits for a lock as ``role``; what the action said in the end."""
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
    own_server: Settings, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    settings = with_news(own_server, tmp_path)

    def crash_at(action: str, lock: str, role: Role, how: signal.Signals) -> None:
        said = crash_during(settings, action, lock, role, how)
        assert said.startswith(("include.errors.", "include.quality.gate.GateError")), said
        assert seen(settings) == undisturbed.before

    # dbt, with some marts built and one that cannot be replaced.
    crash_at(BUILD, "lock table candidate.growth in access share mode", Role.TRANSFORMER, signal.SIGKILL)
    build_id = building.build(settings)
    assert build_id
    validated = "lock table candidate.market_share in access exclusive mode"
    crash_at(validation_of(build_id), validated, Role.PUBLISHER, signal.SIGQUIT)
    assert validation.validate(settings, build_id) == []
    # In the midst of the rows; with every row written and only the pointer to move.
    rows, pointer = (
        "lock table store.market_share in share mode",
        "select from store.current_release for update",
    )
    crash_at(publish_of(build_id), rows, Role.PUBLISHER, signal.SIGKILL)
    crash_at(publish_of(build_id), pointer, Role.PUBLISHER, signal.SIGQUIT)
    crash_at(publish_of(build_id), pointer, Role.PUBLISHER, signal.SIGKILL)
    assert publishing.publish_build(settings, build_id).status == "published"
    crash(settings, signal.SIGKILL)  # what was said to be published is
    assert seen(settings) == undisturbed.state["marts"]
    assert publishing.publish(settings).status == "unchanged"
    assert left(settings) == {}
    assert state(settings) == undisturbed.state
