"""Builds that compute only the months that loads touched: they are what a full refresh would be."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from include.errors import BuildError, RawChangedError
from include.maintenance import nightly_check
from include.release import build_log, building, publishing, validation
from include.settings import Role, Settings
from include.transform import dbt
from include.warehouse.connection import connect
from tests.samples import MILL_B, Row, cell, contents, item, load, one, order, query, write, write_download

KEPT_BY_MONTH = (
    *("int_sales__monthly", "int_sales__by_mill", "int_sales__by_item", "int_sales__by_customer"),
    *("int_sales__cells", "int_sales__festival_days", "int_statistics__exports"),
    *("int_structure__concentration", "int_structure__margins"),
)
# Line 1 of the other mill, the only one of its month in the fixture ``published``.
ONLY_ONE = order(统一社会信用代码=MILL_B, 订单日期="2019-09-01")
CANCELLED = ONLY_ONE | {"状态": "取消", "更新时间": "2020-09-02 10:30:00"}
TO_OCTOBER = order(订单日期="2020-10-01", 发货日期="", 更新时间="2020-10-02 10:30:00")


@pytest.fixture
def copy(new_warehouse: Callable[..., Settings], published: Settings) -> Settings:
    """A warehouse with a release, to which loads can be added."""
    return new_warehouse(published)


def deliver(settings: Settings, folder: Path, *rows: Row, source: str = "enterprise_orders") -> None:
    """Load rows that are all accepted."""
    (result,) = load(settings, source, write(folder / f"{len(list(folder.iterdir()))}.csv", rows))
    assert (result.status, result.quarantined) == ("accepted", 0), result


def is_full(settings: Settings) -> bool:
    return bool(one(settings, "select is_full from ops.build order by build_id desc limit 1"))


def tables(settings: Settings) -> dict[str, list[str]]:
    return contents(settings, [f"intermediate.{name}" for name in KEPT_BY_MONTH])


def test_every_mart_is_what_a_full_refresh_makes_it(copy, tmp_path):
    deliver(
        copy,
        tmp_path,
        CANCELLED,
        TO_OCTOBER,
        order(订单号="SO-9", 商品编码="54075200", 国家地区="德国", 省份=""),
    )
    deliver(
        copy,
        tmp_path,
        item(报关单号="310120200000000009", 出口日期="2020-11-02"),
        source="customs_exports",
    )
    assert publishing.publish(copy).status == "published"
    assert not is_full(copy)
    tests = "select node from ops.build_node where build_id = (select max(build_id) from ops.build)"
    assert {
        "every_month_of_sales_is_in_the_release_calendar",
        "relationships_int_sales__monthly_market_group__market_group__ref_market_groups_",
    } <= {str(node) for (node,) in query(copy, tests)}, "tests against unchanged seeds run too"
    months = query(copy, "select distinct month::text, basis from marts.market_share order by 1, 2")
    assert months == [
        *(("2020-09-01", "customs"), ("2020-09-01", "order_book")),
        *(("2020-10-01", "order_book"), ("2020-11-01", "customs")),
    ], "the month that lost its last row is gone, the new ones are there"
    incremental = tables(copy)
    assert publishing.publish(copy, full_refresh=True).status == "published"
    assert is_full(copy)
    assert tables(copy) == incremental
    changed = one(copy, "select rows_changed from ops.release order by release_id desc limit 1")
    assert len(changed) >= 10
    changed_marts = {mart for mart, rows in changed.items() if any(rows.values())}
    assert changed_marts <= {"revision"}, "only the mart that counts releases may differ"


@pytest.fixture(scope="module")
def models(new_warehouse: Callable[..., Settings]) -> Settings:
    """A warehouse with empty monthly tables."""
    settings = new_warehouse()
    dbt._run(settings, ["seed", "--full-refresh"])
    return settings


def run_models(settings: Settings, *, full_refresh: bool) -> None:
    """The part of a build that writes the monthly tables."""
    with connect(settings, Role.PUBLISHER, autocommit=True) as connection:
        versions = build_log.Versions("code", "tables", {})
        build_id, is_full = build_log.begin(connection, versions, full_refresh=full_refresh)
        refresh = ["--full-refresh"] if is_full else []
        dbt._run(settings, ["run", *refresh, "--select", *(f"+{name}" for name in KEPT_BY_MONTH)])
        build_log.record_tables_built(connection, build_id)


def test_a_month_whose_base_arrives_late_is_built_anew(
    new_warehouse: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = new_warehouse()
    dbt._run(settings, ["seed", "--full-refresh"])
    of_march = "select base_value_cny > 0, leaving_relations, entering_relations from"
    of_march += " intermediate.int_structure__margins where month = '2020-03-01' and market_level = 'all'"
    for day, expected in (("2020-03-31", (False, 0, 1)), ("2019-03-31", (True, 0, 0))):
        load(settings, "enterprise_orders", write(tmp_path / f"{day}.csv", [order(订单号=day, 订单日期=day)]))
        run_models(settings, full_refresh=False)
        assert set(query(settings, of_march)) == {expected}
    incremental = tables(settings)
    run_models(settings, full_refresh=True)
    assert tables(settings) == incremental


def test_a_download_that_withdraws_rows_is_built_as_by_a_full_refresh(
    new_warehouse: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = new_warehouse()
    dbt._run(settings, ["seed", "--full-refresh"])
    of_all = "select value_cny from intermediate.int_statistics__exports where market_code = 'ALL'"
    both = [cell(贸易伙伴编码="141", 人民币="3"), cell(贸易伙伴编码="142", 人民币="4")]
    for name, cells, expected in (("a", both, 7), ("b", both[:1], 3)):
        load(settings, "customs_statistics", write_download(tmp_path / f"{name}.csv", cells))
        run_models(settings, full_refresh=False)
        assert query(settings, of_all) == [(expected,)]
    incremental = tables(settings)
    run_models(settings, full_refresh=True)
    assert tables(settings) == incremental


_ORDER_NUMBERS = itertools.count(1)
LINES = st.tuples(
    st.integers(1, 3),  # line
    st.sampled_from(["2020-02-29", "2020-03-01", "2020-03-31"]),
    st.sampled_from(["正常", "正常", "变更", "取消"]),
    st.integers(1, 9),  # version: second of its last change
    st.sampled_from(["52094200", "52081200"]),
    st.sampled_from(["中国", "越南"]),
)
DELIVERIES = st.lists(
    st.tuples(st.lists(LINES, min_size=1, max_size=3, unique_by=lambda x: (x[0], x[3])), st.booleans()),
    min_size=2,
    max_size=3,
)


@examples(
    max_examples=4, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(deliveries=DELIVERIES)
def test_in_any_order_of_deliveries_the_monthly_tables_are_those_of_a_full_refresh(
    models: Settings, tmp_path: Path, deliveries: list[tuple[list[tuple[Any, ...]], bool]]
) -> None:
    number = f"SO-{next(_ORDER_NUMBERS)}"
    for lines, build_after in deliveries:
        rows = [
            order(
                订单号=number, 行号=str(line), 订单日期=day, 状态=status, 商品编码=code, 国家地区=country,
                省份="广东" if country == "中国" else "", 更新时间=f"2020-09-01 10:30:0{version}",
                数量=str(1000 + version), 金额=f"{(1000 + version) * 20.5:.2f}",
            )
            for line, day, status, version, code, country in lines
        ]  # fmt: skip
        path = write(tmp_path / f"{number}-{len(list(tmp_path.iterdir()))}.csv", rows)
        load(models, "enterprise_orders", path)
        if build_after:
            run_models(models, full_refresh=False)
    run_models(models, full_refresh=False)
    incremental = tables(models)
    run_models(models, full_refresh=True)
    assert tables(models) == incremental


def test_after_a_build_that_failed_half_way_the_next_one_is_right(copy, tmp_path, monkeypatch):
    deliver(copy, tmp_path, TO_OCTOBER)

    def half(settings: Settings, *, full_refresh: bool) -> dbt.BuildResult:
        assert not full_refresh
        dbt._run(settings, ["run", "--select", "int_sales__monthly"])
        raise BuildError("the server went away")

    with monkeypatch.context() as patch:
        patch.setattr(dbt, "build", half)
        with pytest.raises(BuildError, match="went away"):
            building.build(copy)
    deliver(copy, tmp_path, CANCELLED)
    assert building.build(copy)
    assert not is_full(copy)
    incremental = tables(copy)
    run_models(copy, full_refresh=True)
    assert tables(copy) == incremental


def test_after_a_full_refresh_that_failed_the_next_publish_builds_and_nothing_is_compared(
    copy, messages, monkeypatch
):
    def fails(settings: Settings, *, full_refresh: bool) -> dbt.BuildResult:
        assert full_refresh
        raise BuildError("the server went away")

    monkeypatch.setattr(dbt, "build", fails)
    for by_hand in (True, False):
        with pytest.raises(BuildError, match="went away"):
            publishing.publish(copy, full_refresh=by_hand)
        assert nightly_check.check(copy) == 0
    assert any(line.startswith("nothing was compared") for line in messages)


def test_a_build_that_failed_because_a_load_came_between_is_built_again(copy, tmp_path, monkeypatch):
    def overtaken(settings: Settings, *, full_refresh: bool) -> dbt.BuildResult:
        if not list(tmp_path.iterdir()):
            deliver(settings, tmp_path, CANCELLED)
            raise BuildError("a code without a product group")
        raise BuildError("another reason")

    monkeypatch.setattr(dbt, "build", overtaken)
    with pytest.raises(BuildError, match="another reason"):
        building.build(copy, full_refresh=True)
    assert query(copy, "select count(*) from ops.build where status = 'failed'") == [(2,)]


def test_raw_that_was_changed_without_a_load_is_found(copy, tmp_path):
    """The gate sees it in a touched month, the nightly check in every other."""
    assert nightly_check.check(copy) == 3
    query(
        copy,
        "update raw.customs_exports set fob_usd = fob_usd + 0.01 where item_no = 1 returning 1",
    )
    with pytest.raises(RawChangedError, match=r"for 2020-09 customs\. Only loads may change raw"):
        nightly_check.check(copy)
    query(
        copy,
        "update raw.customs_exports set fob_usd = fob_usd - 0.01 where item_no = 1 returning 1",
    )
    query(
        copy,
        "update raw.enterprise_orders set amount = amount + 0.01 where order_date < '2020-01-01'",
    )
    deliver(copy, tmp_path, TO_OCTOBER)
    with pytest.raises(RawChangedError, match=r"for 2019-09 order_book\. Only"):
        nightly_check.check(copy)  # September and October 2020 wait for a release

    build_id = building.build(copy)
    query(
        copy,
        "update raw.enterprise_orders set amount = amount + 0.01 where order_date >= '2020-10-01'",
    )
    assert validation.validate(copy, build_id) == ["totals_equal_raw"]
    query(
        copy,
        "update raw.enterprise_orders set amount = amount - 0.01 where order_date >= '2020-10-01'",
    )

    assert publishing.publish(copy).status == "published"
    assert is_full(copy), "the tables of a refused build are not kept"
    assert nightly_check.check(copy) == 4


def test_an_untouched_month_must_be_that_of_the_newest_release(copy, tmp_path):
    deliver(copy, tmp_path, TO_OCTOBER)
    build_id = building.build(copy)
    query(
        copy,
        "update candidate.market_share set value_cny = value_cny + 1, total_value_cny = total_value_cny + 1"
        " where month = '2019-09-01'",
        role=Role.TRANSFORMER,
    )
    failed = validation.validate(copy, build_id)
    assert "untouched_months_equal_release" in failed
    assert "totals_equal_raw" not in failed


def test_seeds_and_models_make_the_version_of_the_tables_and_expectations_do_not(
    published, tmp_path, monkeypatch
):
    project = tmp_path / "dbt_project"
    of_releases = ("tests/a.sql", "../expectations/marts/a.py", "../include/warehouse/schema/views.sql")
    for name in ("models/a.sql", "macros/a.sql", "seeds/a.csv", *of_releases):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(name)
    (project / "dbt_project.yml").touch()
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1"\n')
    monkeypatch.setattr(dbt, "PROJECT_DIR", tmp_path)
    monkeypatch.setattr(dbt, "DBT_PROJECT", project)

    def versions() -> tuple[str, str]:
        return dbt.code_version(), dbt.tables_version()

    code, of_tables = versions()
    (project / "seeds/a.csv").write_text("changed")
    assert versions()[0] != code
    assert versions()[1] != of_tables
    code, of_tables = versions()
    for name in of_releases:
        (project / name).write_text("changed")
        assert versions()[0] != code, name
        assert versions()[1] == of_tables, name
        code, _ = versions()
