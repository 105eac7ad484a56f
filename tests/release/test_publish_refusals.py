"""What a publish refuses, so that readers keep what they rely on; each time nothing at all changes."""

import threading
import time
from collections.abc import Callable

import psycopg
import pytest
from samples import compared, contents, one, query, validated_again

from include.errors import PublishError, ReadersBlockError
from include.release import publishing
from include.settings import Role, Settings


@pytest.fixture
def validated(new_warehouse: Callable[..., Settings], published: Settings) -> tuple[Settings, int]:
    """A published warehouse whose candidate has passed the gate once more."""
    settings = new_warehouse(published)
    return settings, validated_again(settings)


def _seen(settings: Settings) -> dict[str, list[str]]:
    views = [
        f"marts.{name}"
        for (name,) in query(settings, "select viewname from pg_views where schemaname = 'marts'")
    ]
    return contents(settings, [*views, "store.current_release", "ops.release"])


def _refused(settings: Settings, build_id: int, message: str) -> None:
    before = _seen(settings)
    with pytest.raises(PublishError, match=message):
        publishing.publish_build(settings, build_id)
    assert _seen(settings) == before


def test_a_mart_that_is_no_longer_built(validated: tuple[Settings, int]) -> None:
    settings, build_id = validated
    query(settings, "create table store.old_mart (n int)")
    _refused(settings, build_id, "mart old_mart is published but no longer built")
    query(settings, "drop table store.old_mart")
    assert publishing.publish_build(settings, build_id).status == "published"


def test_a_new_column_while_a_reader_holds_the_mart(validated: tuple[Settings, int]) -> None:
    settings, build_id = validated
    query(settings, "alter table candidate.dual_circulation add column note text")
    compared(settings)
    with psycopg.connect(settings.dsn(Role.ANALYST)) as reader:
        reader.execute("select count(*) from marts.dual_circulation")
        _refused(settings, build_id, "a reader's open transaction holds")
        assert reader.execute("select count(*) from marts.dual_circulation").fetchone()
    assert publishing.publish_build(settings, build_id).status == "published"
    assert (
        one(settings, "select count(*) from marts.dual_circulation where note is null", role=Role.ANALYST) > 0
    )


def test_columns_of_two_marts_come_among_readers_of_both(validated: tuple[Settings, int]) -> None:
    """A publisher who waits for one reader while another waits for him: PostgreSQL ends one of the two."""
    settings, build_id = validated
    for mart in ("dual_circulation", "growth"):
        query(settings, f"alter table candidate.{mart} add column note text")
    compared(settings)
    done, took = threading.Event(), [0.0]

    def read(*marts: str) -> None:
        with psycopg.connect(settings.dsn(Role.ANALYST), autocommit=True) as reader:
            while not done.is_set():
                with reader.transaction():
                    for mart in marts:
                        begin = time.perf_counter()
                        reader.execute(f"select count(*) from marts.{mart}".encode())
                        took.append(time.perf_counter() - begin)
                        time.sleep(0.02)
                time.sleep(0.05)

    threads = [
        threading.Thread(target=read, args=marts)
        for marts in (("growth", "dual_circulation"), ("dual_circulation", "growth"))
    ]
    for thread in threads:
        thread.start()
    for _ in range(5):  # as the DAG's task tries again
        try:
            assert publishing.publish_build(settings, build_id).status == "published"
            break
        except ReadersBlockError:
            continue
    assert all(thread.is_alive() for thread in threads), "a reader had an error"
    done.set()
    for thread in threads:
        thread.join()
    for mart in ("dual_circulation", "growth"):
        assert one(settings, f"select count(*) from marts.{mart} where note is null") > 0
    assert max(took) < 0.8, "a reader waited for as long as it takes to look for deadlocks"
