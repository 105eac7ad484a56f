"""`textile publish` killed with -9 at its n-th step: readers see the old release or the new one, whole.

The chain of kills leaves its traces one on top of another; at its end stands what an undisturbed run makes.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from killing import Run, left, run, seen, state
from samples import load, one, order, orders, write

from include import release
from include.settings import Settings

BUILD = "release.build(settings)"
FULL = "release.build(settings, full_refresh=True)"
# After the transaction: the lock is given back, the connection closed.
AFTER_COMMIT = 2
EVERYWHERE = bool(os.environ.get("TEXTILE_KILL_EVERYWHERE"))


@dataclass
class Undisturbed:
    """A release nobody disturbed: the steps of each part, what readers saw before, and what it leaves."""

    build: Run
    audit: Run
    publish: Run
    before: dict[str, list[str]]
    state: dict[str, Any]


def with_news(settings: Settings, folder: Path) -> Settings:
    """The published warehouse with one more file: lines of a new month, and a correction in an old one."""
    new = orders(3, 订单号="SO-9", 订单日期="2020-10-08", 发货日期="2020-10-20")
    corrected = order(数量="2000", 金额="41000.00", 更新时间="2020-09-09 09:00:00")
    (result,) = load(settings, "enterprise_orders", write(folder / "news.csv", [*new, corrected]))
    assert result.accepted == 4
    return settings


def audit_of(build_id: int) -> str:
    return f"release.audit(settings, {build_id})"


def publish_of(build_id: int) -> str:
    return f"release.publish_build(settings, {build_id}).status"


@pytest.fixture(scope="module")
def undisturbed(
    new_warehouse: Callable[..., Settings], published: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Undisturbed:
    settings = with_news(new_warehouse(published), tmp_path_factory.mktemp("undisturbed"))
    before = seen(settings)
    build = run(settings, BUILD)
    audit = run(settings, audit_of(int(build.result)))
    publish = run(settings, publish_of(int(build.result)))
    assert (audit.result, publish.result) == ("[]", "published")
    assert left(settings) == {}
    return Undisturbed(build, audit, publish, before, state(settings))


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
    build_id = release.build(settings)
    assert build_id
    assert one(settings, "select is_full from ops.build order by build_id desc limit 1")
    for at in steps(undisturbed.audit, (0.5,), 10):
        kill(audit_of(build_id), at)
    assert release.audit(settings, build_id) == []
    commit = undisturbed.publish.steps - AFTER_COMMIT
    for at in steps(undisturbed.publish, (0.1, 0.3, 0.6, 0.9), 1):
        if at < commit:
            kill(publish_of(build_id), at)
    kill(publish_of(build_id), commit)
    # The release is out, only its publisher cannot say so any more.
    assert run(settings, publish_of(build_id), commit + 1).was_killed
    assert seen(settings) == undisturbed.state["marts"]
    assert release.publish_build(settings, build_id).status == "published"
    assert release.publish(settings).status == "unchanged"
    print(f"{killed + 1} kills")
    assert left(settings) == {}
    assert state(settings) == undisturbed.state
