"""Marts whose every row carries the number of its release: a release that is not whole gives itself away."""

from functools import partial
from typing import NamedTuple

import psycopg

from include.release import store
from include.settings import Role, Settings
from include.warehouse.connection import connect, scalar, with_lock_retries

MARTS = ("stamped_large", "stamped_middle", "stamped_small")
# The last one is read through a view of an analyst's own.
READ = ("marts.stamped_large", "marts.stamped_middle", "workbench.stamped_view")
_ROWS = {"stamped_large": 60, "stamped_middle": 20, "stamped_small": 7}


class Look(NamedTuple):
    """What one query saw of one mart."""

    mart: str
    rows: int
    lowest: int
    highest: int
    total: int

    def release(self) -> int | None:
        """The number of the release, or None when these rows are not exactly those of one release."""
        is_whole = self.lowest == self.highest and self.total == self.rows * self.lowest
        return self.lowest if is_whole and self.rows == _rows_of(self.mart, self.lowest) else None


def _rows_of(mart: str, number: int) -> int:
    """The rows of a mart change in number too: every release has one row more or less than the last."""
    name = "stamped_small" if mart == READ[2] else mart.removeprefix("marts.")
    return _ROWS[name] + number % 2


def looking_at(mart: str) -> str:
    """The query that makes a Look."""
    return (
        f"select '{mart}', count(*), coalesce(min(stamp), -1), coalesce(max(stamp), -1),"
        f" coalesce(sum(stamp), -1)::bigint from {mart}"
    )


def publish(connection: psycopg.Connection, settings: Settings, number: int) -> int:
    """Build, merge and show the marts of release ``number`` as a publish does; returns its release_id."""
    with connect(settings, Role.TRANSFORMER, autocommit=True) as transformer:
        for mart in MARTS:
            transformer.execute(f"drop table if exists candidate.{mart}".encode())
            transformer.execute(
                f"create table candidate.{mart} as select key, {number}::bigint as stamp"
                f" from generate_series(1, {_rows_of(mart, number)}) as key".encode()
            )
    store.compare(connection, MARTS)
    with connection.transaction():
        release_id = int(
            scalar(
                connection,
                "with build as (insert into ops.build (last_load_id, loads, code_version, status)"
                " values (0, 0, 'stamped', 'published') returning build_id)"
                " insert into ops.release (build_id, last_load_id, loads, code_version)"
                " select build_id, 0, 0, %(number)s from build returning release_id",
                {"number": str(number)},
            )
        )
        for mart in MARTS:
            store.merge(connection, mart, release_id)
        with_lock_retries(connection, partial(_show, connection))
        store.set_current(connection, release_id, "bench", "stamped")
    return release_id


def _show(connection: psycopg.Connection) -> None:
    for mart in MARTS:
        store.create_views(connection, mart, restricted=False)


def prepare(settings: Settings) -> int:
    """The first release, and the analyst's view; returns its release_id."""
    with connect(settings, Role.PUBLISHER, autocommit=True) as connection:
        release_id = publish(connection, settings, 0)
    with connect(settings, Role.ANALYST) as analyst:
        analyst.execute(
            "create or replace view workbench.stamped_view as select key, stamp from marts.stamped_small"
        )
        analyst.execute("grant usage on schema workbench to bi_reader")
        analyst.execute("grant select on workbench.stamped_view to bi_reader")
    return release_id
