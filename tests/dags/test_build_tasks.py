"""What the tasks of build_marts decide: each is called as Airflow calls it, on a real warehouse."""

from types import SimpleNamespace

import psycopg
import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from samples import audited_again, item, load, one, orders, query, write

from include.errors import BulletinError, PublishError, ReadersInTheWayError
from include.release import building, current_release, publishing
from include.settings import Role, Settings

# A run that an asset started, and nobody with a form.
NOBODY = ({"accept_drift": None}, SimpleNamespace(triggering_user_name=None))


def new_build(settings: Settings) -> int:
    """A build of what is published already, not yet audited."""
    return one(
        settings,
        "insert into ops.build (status, last_load_id, loads, code_version, is_full)"
        " select 'built', last_load_id, loads, code_version, false from ops.build"
        " order by build_id desc limit 1 returning build_id",
    )


def test_a_load_that_overtakes_a_build_is_published_by_the_same_run(at, ask, tmp_path):
    load(at, "enterprise_orders", write(tmp_path / "more.csv", orders(3, 订单号="SO-77")))
    build_id = ask("build_marts", "build")
    load(at, "customs_exports", write(tmp_path / "late.csv", [item(报关单号="310120200000000009")]))
    audited = ask("build_marts", "audit", build_id, *NOBODY)
    assert audited > build_id
    assert ask("build_marts", "publish", audited) == current_release.current_release(at) == 2
    assert current_release.is_up_to_date(at)


def test_a_build_overtaken_by_another_and_published_leaves_nothing_to_audit(at, ask):
    build_id = new_build(at)
    query(at, "update ops.build set loads = 0 where build_id = %s", build_id)
    with pytest.raises(AirflowSkipException, match="no load and no code has changed since release 1"):
        ask("build_marts", "audit", build_id, *NOBODY)


def test_a_build_that_another_process_gave_up_says_which_and_what_to_do(at, ask, tmp_path):
    mine = new_build(at)
    load(at, "enterprise_orders", write(tmp_path / "more.csv", orders(3, 订单号="SO-77")))
    theirs = building.build(at)
    given_up = query(at, "select status, message from ops.build where build_id = %s", mine)
    assert given_up == [("crashed", "its process ended, or another build began, before it was published")]
    with pytest.raises(
        PublishError,
        match=f"`textile publish` began build {theirs} meanwhile, .* once that is published, nothing is left",
    ):
        ask("build_marts", "audit", mine, *NOBODY)


def test_publish_is_tried_again_while_a_reader_is_in_the_way(at, ask):
    query(at, "alter table candidate.dual_circulation add column note text")
    build_id = audited_again(at)
    with psycopg.connect(at.dsn(Role.ANALYST)) as reader:
        reader.execute("select count(*) from marts.dual_circulation")
        with pytest.raises(ReadersInTheWayError, match="a reader's open transaction holds"):
            ask("build_marts", "publish", build_id)
    assert ask("build_marts", "publish", build_id) == current_release.current_release(at) > 1
    # Once more, as after a worker that was killed after its commit: it stands as it was published.
    assert ask("build_marts", "publish", build_id) == current_release.current_release(at)


def test_the_tries_of_publish_outlast_an_idle_reader(at, dags):
    task = dags["build_marts"].get_task("publish")
    waits = sum(task.retry_delay.total_seconds() * 2**n for n in range(task.retries))
    idle = query(at, "show idle_in_transaction_session_timeout", role=Role.ANALYST)
    assert idle == [("30min",)]
    assert waits > 30 * 60


def test_nothing_to_publish_after_a_rollback_says_what_readers_see(at):
    assert publishing.publish_build(at, audited_again(at)).release_id == 2
    assert publishing.publish(at).message == "no load and no code has changed since release 2"
    current_release.rollback(at, 1, "test")
    result = publishing.publish(at)
    assert (result.status, result.release_id) == ("unchanged", 1)
    assert "since release 2; readers see release 1: `textile rollback 2`" in result.message


def test_a_build_does_not_take_back_a_rollback_that_came_meanwhile(at, ask, tmp_path):
    assert publishing.publish_build(at, audited_again(at)).release_id == 2
    load(at, "enterprise_orders", write(tmp_path / "more.csv", orders(3, 订单号="SO-77")))
    build_id = ask("build_marts", "build")
    current_release.rollback(at, 1, "wrong rates", "Li Na")
    assert ask("build_marts", "audit", build_id, *NOBODY) == build_id
    with pytest.raises(
        AirflowFailException, match=r"Li Na made release 1 current \(wrong rates\): nothing was"
    ):
        ask("build_marts", "publish", build_id)
    assert current_release.current_release(at) == 1
    assert publishing.publish(at).status == "published"


def test_the_form_of_the_rollback_takes_back_and_records_who_asked(at, ask):
    publishing.publish_build(at, audited_again(at))
    person = SimpleNamespace(triggering_user_name="Wang Fang")
    assert ask("rollback_release", "rollback", {"release_id": 1, "reason": "wrong rates"}, person) == 1
    switched = (
        "select release_id, switched_by, reason from ops.release_switch order by switched_at desc limit 1"
    )
    assert query(at, switched) == [(1, "Wang Fang", "wrong rates")]
    assert ask("rollback_release", "bulletin", 1) == str(at.home / "bulletin" / "index.html")
    with pytest.raises(AirflowFailException, match="there is no release 99"):
        ask("rollback_release", "rollback", {"release_id": 99, "reason": "a slip"}, person)


def test_a_bulletin_that_fails_says_that_the_release_stands(at, ask):
    assert ask("build_marts", "bulletin", 1) == str(at.home / "bulletin" / "index.html")
    with pytest.raises(BulletinError, match="readers see release 9, but its bulletin is not written"):
        ask("build_marts", "bulletin", 9)


def test_figures_that_jumped_refuse_until_somebody_says_in_the_form_why_they_are_right(at, ask):
    query(
        at,
        "update store.dual_circulation set domestic_value_cny = 0, total_value_cny = 1000000000"
        " where is_finished returning 1",
    )
    with pytest.raises(AirflowFailException, match=r"build \d+ \(drift_dual_circulation\): .*accept-drift"):
        ask("build_marts", "audit", new_build(at), *NOBODY)
    build_id = new_build(at)
    form = ({"accept_drift": "checked with the mill"}, SimpleNamespace(triggering_user_name="Wang Fang"))
    assert ask("build_marts", "audit", build_id, *form) == build_id
    assert query(at, "select build_id, rule_code, reason, accepted_by from ops.accepted_drift") == [
        (build_id, "drift_dual_circulation", "checked with the mill", "Wang Fang")
    ]
