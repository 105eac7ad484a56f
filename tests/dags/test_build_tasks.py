"""The tasks of build_marts, each called as Airflow calls it, on a real warehouse."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from airflow.sdk import Asset
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.execution_time.context import OutletEventAccessors
from samples import item, load, one, orders, query, validated_again, write

from include.errors import BulletinError, PublishError, ReadersBlockError, StaleBuildError
from include.release import building, current_release, publishing, validation
from include.settings import Role, Settings

# A run that was started by an asset, not by a person.
NOBODY = ({"accept_drift": None}, SimpleNamespace(triggering_user_name=None))


@pytest.fixture
def publish(ask):
    """Call the task `publish`; returns the release and what the asset's event says of it."""

    def call(build_id: int) -> tuple[int | None, dict[str, int]]:
        events = OutletEventAccessors()
        release_id = ask("build_marts", "publish", build_id, events)
        return release_id, events[Asset("marts.release")].extra

    return call


def deliver(settings: Settings, folder: Path) -> None:
    """Load a file of orders that no release has."""
    load(settings, "enterprise_orders", write(folder / "more.csv", orders(3, 订单号="SO-77")))


def between_build_and_validation(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen once, after the next build and before its validation."""
    validate = validation.validate

    def validate_after_it(*arguments: Any) -> list[str]:
        monkeypatch.setattr(validation, "validate", validate)
        happens()
        return validate(*arguments)

    monkeypatch.setattr(validation, "validate", validate_after_it)


def test_without_new_loads_nothing_is_built_and_the_log_says_so(at, ask, caplog):
    caplog.set_level("INFO")
    assert ask("build_marts", "build_and_validate", *NOBODY) is None
    assert "no load and no code has changed since release 1" in caplog.text
    assert one(at, "select count(*) from ops.build") == 1


def test_a_load_accepted_during_a_build_is_published_by_the_same_run(at, ask, publish, tmp_path, monkeypatch):
    deliver(at, tmp_path)
    late = write(tmp_path / "late.csv", [item(报关单号="310120200000000009")])
    between_build_and_validation(monkeypatch, lambda: load(at, "customs_exports", late))
    build_id = ask("build_marts", "build_and_validate", *NOBODY)
    builds = "select build_id, status from ops.build order by build_id"
    assert query(at, builds) == [(1, "published"), (2, "stale"), (3, "validated")]
    assert build_id == 3
    assert publish(build_id) == (2, {"release_id": 2})
    assert current_release.read(at) == 2
    assert current_release.is_up_to_date(at)


def test_a_load_that_another_process_publishes_meanwhile_leaves_nothing_to_build(
    at, ask, tmp_path, monkeypatch
):
    late = write(tmp_path / "late.csv", [item(报关单号="310120200000000009")])

    def another_publishes() -> None:
        load(at, "customs_exports", late)
        try:
            validation.validate(at, 2)
        except StaleBuildError:
            assert publishing.publish(at).release_id == 2
            raise

    deliver(at, tmp_path)
    between_build_and_validation(monkeypatch, another_publishes)
    assert ask("build_marts", "build_and_validate", *NOBODY) is None
    assert one(at, "select count(*) from ops.build") == 3


def test_a_build_that_another_process_replaced_is_an_error_that_says_what_to_do(at, tmp_path):
    mine = one(
        at,
        "insert into ops.build (status, last_load_id, loads, code_version, is_full)"
        " select 'built', last_load_id, loads, code_version, false from ops.build"
        " order by build_id desc limit 1 returning build_id",
    )
    deliver(at, tmp_path)
    theirs = building.build(at)
    given_up = query(at, "select status, message from ops.build where build_id = %s", mine)
    assert given_up == [("crashed", "its process ended, or another build began, before it was published")]
    with pytest.raises(
        PublishError,
        match=f"`textile publish` began build {theirs} meanwhile, .* once that is published, nothing is left",
    ):
        validation.validate(at, mine)


def test_publish_is_tried_again_while_a_reader_blocks_it(at, publish):
    query(at, "alter table candidate.dual_circulation add column note text")
    build_id = validated_again(at)
    with psycopg.connect(at.dsn(Role.ANALYST)) as reader:
        reader.execute("select count(*) from marts.dual_circulation")
        with pytest.raises(ReadersBlockError, match="a reader's open transaction holds"):
            publish(build_id)
    assert publish(build_id) == (2, {"release_id": 2})
    # Once more, as after a worker that was killed after its commit: announced, and not published twice.
    assert publish(build_id) == (2, {"release_id": 2})
    assert current_release.read(at) == 2


def test_the_tries_of_publish_outlast_an_idle_reader(at, dags):
    task = dags["build_marts"].get_task("publish")
    waits = sum(task.retry_delay.total_seconds() * 2**n for n in range(task.retries))
    idle = query(at, "show idle_in_transaction_session_timeout", role=Role.ANALYST)
    assert idle == [("30min",)]
    assert waits > 30 * 60


def test_an_unchanged_publish_after_a_rollback_reports_what_readers_see(at):
    assert publishing.publish_build(at, validated_again(at)).release_id == 2
    assert publishing.publish(at).message == "no load and no code has changed since release 2"
    current_release.rollback(at, 1, "test")
    result = publishing.publish(at)
    assert (result.status, result.release_id) == ("unchanged", 1)
    assert "since release 2; readers see release 1: `textile rollback 2`" in result.message


def test_a_build_does_not_undo_a_rollback_made_meanwhile(at, ask, publish, tmp_path, monkeypatch):
    assert publishing.publish_build(at, validated_again(at)).release_id == 2
    deliver(at, tmp_path)
    between_build_and_validation(monkeypatch, lambda: current_release.rollback(at, 1, "wrong rates", "Li Na"))
    build_id = ask("build_marts", "build_and_validate", *NOBODY)
    with pytest.raises(
        AirflowFailException, match=r"Li Na made release 1 current \(wrong rates\): nothing was"
    ):
        publish(build_id)
    assert current_release.read(at) == 1
    assert publishing.publish(at).status == "published"


def test_the_form_rolls_back_and_records_who_triggered_it(at, ask):
    publishing.publish_build(at, validated_again(at))
    person = SimpleNamespace(triggering_user_name="Wang Fang")
    assert ask("rollback_release", "rollback", {"release_id": 1, "reason": "wrong rates"}, person) == 1
    switched = (
        "select release_id, switched_by, reason from ops.release_switch order by switched_at desc limit 1"
    )
    assert query(at, switched) == [(1, "Wang Fang", "wrong rates")]
    assert ask("rollback_release", "write_bulletin", 1) == str(at.home / "bulletin" / "index.html")
    with pytest.raises(AirflowFailException, match="there is no release 99"):
        ask("rollback_release", "rollback", {"release_id": 99, "reason": "a slip"}, person)


def test_a_failed_bulletin_reports_that_the_release_is_published(at, ask):
    assert ask("build_marts", "write_bulletin", 1) == str(at.home / "bulletin" / "index.html")
    with pytest.raises(BulletinError, match="readers see release 9, but its bulletin is not written"):
        ask("build_marts", "write_bulletin", 9)


def test_figures_that_jumped_refuse_the_build_until_the_form_gives_a_reason(at, ask, tmp_path):
    deliver(at, tmp_path)
    query(
        at,
        "update store.dual_circulation set domestic_value_cny = 0, total_value_cny = 1000000000"
        " where is_finished returning 1",
    )
    with pytest.raises(AirflowFailException, match=r"build \d+ \(drift_dual_circulation\): .*accept-drift"):
        ask("build_marts", "build_and_validate", *NOBODY)
    form = ({"accept_drift": "checked with the mill"}, SimpleNamespace(triggering_user_name="Wang Fang"))
    build_id = ask("build_marts", "build_and_validate", *form)
    assert query(at, "select build_id, rule_code, reason, accepted_by from ops.accepted_drift") == [
        (build_id, "drift_dual_circulation", "checked with the mill", "Wang Fang")
    ]
