"""What other people made of the views is theirs: no publish takes it away."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from samples import load, one, order, query, write

from include.release import building, publishing, validation
from include.settings import Role, Settings

# Identity, owner, grants (of columns too) and comments of every view that somebody may have built upon.
THINGS = """
select n.nspname || '.' || c.relname as name, c.oid::bigint, pg_get_userbyid(c.relowner), c.relacl::text,
    c.reloptions, obj_description(c.oid, 'pg_class'),
    array(
        select a.attname || ' ' || coalesce(a.attacl::text, '')
            || coalesce(col_description(c.oid, a.attnum), '')
        from pg_attribute as a where a.attrelid = c.oid and a.attnum > 0 order by a.attnum
    ) as columns
from pg_class as c inner join pg_namespace as n on c.relnamespace = n.oid
where n.nspname in ('marts', 'marts_history', 'workbench') and c.relkind in ('v', 'm')
order by 1
"""


@pytest.fixture
def used(published: Settings, new_warehouse: Callable[..., Settings]) -> Iterator[Settings]:
    """A warehouse whose views an administrator, an analyst and a dashboard have made their own."""
    settings = new_warehouse(published)
    with psycopg.connect(settings.dsn(Role.ADMIN), autocommit=True) as admin:
        admin.execute("create role city_hall; grant usage on schema marts to city_hall")
        admin.execute("grant select on marts.growth, marts.release_info to city_hall with grant option")
        admin.execute("grant select (month, domestic_share) on marts.dual_circulation to city_hall")
        with psycopg.connect(settings.dsn(Role.ANALYST), autocommit=True) as analyst:
            analyst.execute("create view workbench.all_growth as select * from marts.growth")
            analyst.execute("create view workbench.counted as select count(*) as n from workbench.all_growth")
            analyst.execute("comment on view workbench.all_growth is 'Mine / 我的'")
            analyst.execute("comment on column workbench.all_growth.basis is 'Which book'")
            analyst.execute("grant usage on schema workbench to bi_reader")
            analyst.execute("grant select on workbench.counted to bi_reader")
        yield settings
        admin.execute("drop owned by city_hall; drop role city_hall")


def publish(settings: Settings, folder: Path, number: int, *changes: str) -> None:
    """A load, dbt, the gate and a release; ``changes``: what another project would have built."""
    load(settings, "enterprise_orders", write(folder / f"{number}.csv", [order(订单号=f"MORE-{number}")]))
    build_id = building.build(settings) or 0
    for change in changes:
        query(settings, change, role=Role.TRANSFORMER)
    assert validation.validate(settings, build_id) == []
    publishing.publish_build(settings, build_id)


def things(settings: Settings) -> dict[str, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in query(settings, THINGS)}


def test_two_publishes_and_a_new_column_remove_nothing(used, tmp_path):
    before = things(used)
    assert len(before) > 40
    rows = one(used, "select n from workbench.counted", role=Role.BI_READER)
    publish(used, tmp_path, 1, "alter table candidate.growth add column quoted_in text")
    after = things(used)
    with_new_column = {"marts.growth", "marts_history.growth"}
    assert {name: after[name] for name in before if name not in with_new_column} == {
        name: made for name, made in before.items() if name not in with_new_column
    }
    for name in with_new_column:
        assert after[name][:-1] == before[name][:-1]
        assert after[name][-1] == [*before[name][-1], "quoted_in "]
    publish(used, tmp_path, 2, "alter table candidate.growth add column quoted_in text")
    assert things(used) == after
    # What was built on the views shows the newest release.
    assert one(used, "select release_id from marts.release_info", role=Role.BI_READER) == 3
    assert one(used, "select n from workbench.counted", role=Role.BI_READER) >= rows
    with psycopg.connect(used.dsn(Role.ADMIN)) as admin:
        admin.execute("set role city_hall")
        admin.execute("select quoted_in from marts.growth")
        admin.execute("select domestic_share from marts.dual_circulation")
