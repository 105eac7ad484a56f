"""Readers of every kind read while releases are published: no error, one release per transaction."""

import pytest
from samples import query

from bench import readers, stamped
from include.release import store
from include.settings import Settings
from include.warehouse.store_tables import OPEN_END

PUBLISHES, READERS = 60, 8
_POINTER = "(select c.release_id from store.current_release as c inner join ops.release using (release_id))"
WRONG_VIEWS = {
    # Wrong: each statement reads the release that is current at that time.
    "each statement for itself": (
        f"{{store}} where valid_from_release <= {_POINTER} and valid_to_release > {_POINTER}"
    ),
    # As if the rows that end with the next release went before it is there.
    "a part of a release": (
        f"{{store}} where valid_to_release = {OPEN_END} and valid_from_release < {_POINTER}"
    ),
}


def test_readers_among_publishes_see_whole_releases_only(warehouse: Settings) -> None:
    stamped.prepare(warehouse)
    seen, _ = readers.among_releases(warehouse, READERS, PUBLISHES)
    assert (seen.errors, seen.mixed) == ([], [])
    assert set(seen.transactions) == set(readers.KINDS)
    # Else nothing could have been mixed.
    assert seen.overtaken > 10
    assert len(seen.releases) > PUBLISHES / 2


@pytest.mark.parametrize("wrong", WRONG_VIEWS)
def test_what_is_mixed_is_found(warehouse: Settings, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setattr(store, "_OF_ONE_RELEASE", WRONG_VIEWS[wrong])
    stamped.prepare(warehouse)
    seen, _ = readers.among_releases(warehouse, READERS, 20)
    assert seen.errors == []
    assert seen.mixed


def test_an_error_is_counted(warehouse: Settings) -> None:
    stamped.prepare(warehouse)
    query(warehouse, "drop view workbench.stamped_view")
    seen, _ = readers.among_releases(warehouse, READERS, 2)
    assert len(seen.errors) == READERS
    assert "UndefinedTable" in seen.errors[0]
