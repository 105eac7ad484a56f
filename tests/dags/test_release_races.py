"""Loads that are accepted while a release is built are in it completely or not at all."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from samples import item, load, one, orders, query, write

from include.errors import StaleBuildError
from include.release import building, current_release, publishing, validation
from include.settings import Role, Settings
from include.warehouse.connection import connect, exclusive, wait_for

LOCK = "load.customs_exports"


@pytest.fixture
def loaded(warehouse: Settings, tmp_path) -> Settings:
    """A warehouse with one accepted file of orders."""
    load(warehouse, "enterprise_orders", write(tmp_path / "orders.csv", orders(3)))
    return warehouse


def test_a_build_during_which_a_load_was_accepted_is_built_again(loaded, tmp_path):
    build_id = building.build(loaded)
    load(loaded, "customs_exports", write(tmp_path / "items.csv", [item()]))
    with pytest.raises(StaleBuildError, match="a load was accepted since it began"):
        validation.validate(loaded, build_id)
    assert one(loaded, "select status from ops.build where build_id = %s", build_id) == "stale"
    assert not current_release.is_up_to_date(loaded)

    assert publishing.publish(loaded).status == "published"
    assert current_release.is_up_to_date(loaded)
    assert query(loaded, "select distinct basis from marts.market_share order by 1", role=Role.ANALYST) == [
        ("customs",),
        ("order_book",),
    ]

    # A load that began before others and is accepted after them has a lower number than the release's newest.
    assert building.build(loaded) is None
    query(
        loaded,
        "insert into ops.load (load_id, source, file_name, sha256, size_bytes, status, rows_in, accepted,"
        " unchanged, quarantined) overriding system value"
        " values (-1, 'customs_exports', 'late.csv', 'x', 1, 'accepted', 1, 1, 0, 0)",
    )
    assert not current_release.is_up_to_date(loaded)
    assert building.build(loaded) is not None


def test_waits_for_a_running_load_but_not_for_ever(warehouse):
    with (
        connect(warehouse, Role.LOADER, autocommit=True) as loader,
        connect(warehouse, Role.PUBLISHER, autocommit=True) as publisher,
        ThreadPoolExecutor() as pool,
    ):
        with exclusive(loader, LOCK):
            assert wait_for(publisher, LOCK, timeout_s=1) is False
            waiting = pool.submit(wait_for, publisher, LOCK, timeout_s=30)
            assert not waiting.done()
        assert waiting.result() is True
