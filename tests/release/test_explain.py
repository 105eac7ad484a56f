"""Why figures changed: every cell, from, to, and parts that add up, each with its loads and files."""

import datetime as dt
import re
import shutil
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from samples import item, load, order, orders, query, write

from include.errors import ExplainError
from include.release import change_log, explain, publishing, store
from include.settings import PROJECT_DIR, Role, Settings
from include.transform import dbt

# The first order line of SO-1 in September 2020 is worth 20,500.00 yuan.
AUGUST = "2020-08-03"
CORRECTED = {"金额": "30500.00", "更新时间": "2020-09-05 08:00:00"}


@pytest.fixture(scope="module")
def history(
    new_warehouse: Callable[..., Settings], published: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Release 2 after lines of every kind; release 3 after another rate of the dollar, and nothing else."""
    settings = new_warehouse(published)
    files = tmp_path_factory.mktemp("history")
    in_dollars = order(
        订单号="SO-7", 商品编码="52081200", 国家地区="越南", 省份="", 币种="USD", 金额="1000.00", 单价="1"
    )
    load(
        settings,
        "enterprise_orders",
        write(files / "late.csv", [order(订单号="SO-8", 订单日期=AUGUST, 更新时间="2020-08-03 09:00:00")]),
        write(files / "corrected.csv", [order(行号="1", **CORRECTED)]),
        write(files / "withdrawn.csv", [order(行号="2", 状态="取消", 更新时间="2020-09-05 08:00:00")]),
        write(files / "new.csv", orders(2, 订单号="SO-9")),
        write(files / "dollars.csv", [in_dollars]),
        # One line, corrected twice in one batch: the first correction was never current.
        write(files / "monday.csv", [order(行号="3", **CORRECTED)]),
        write(files / "tuesday.csv", [order(行号="3", 金额="40500.00", 更新时间="2020-09-06 08:00:00")]),
        write(files / "britain.csv", [order(订单号="SO-6", 订单日期="2019-09-02", 国家地区="英国", 省份="")]),
    )
    declared = item(统计人民币价="58000.00", 更新时间="2020-10-01 08:00:00")
    load(settings, "customs_exports", write(files / "items.csv", [declared]))
    assert publishing.publish(settings).status == "published"
    with pytest.MonkeyPatch.context() as patch:
        project = a_project_with_another_rate(tmp_path_factory.mktemp("project"))
        patch.setattr(dbt, "PROJECT_DIR", project)
        patch.setattr(dbt, "DBT_PROJECT", project / "dbt_project")
        assert publishing.publish(settings).status == "published"
    return settings


def a_project_with_another_rate(folder: Path) -> Path:
    """A copy of what dbt reads in which a dollar of September 2020 is worth one yuan more."""
    for name in ("dbt_project", "expectations", "include/warehouse/schema"):
        shutil.copytree(PROJECT_DIR / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT_DIR / "pyproject.toml", folder)
    seed = folder / "dbt_project" / "seeds" / "exchange_rates.csv"
    old = "2020-09-01,USD,"
    rows = seed.read_text(encoding="utf-8").splitlines(keepends=True)
    (place,) = [n for n, row in enumerate(rows) if row.startswith(old)]
    rate, *rest = rows[place].removeprefix(old).split(",")
    rows[place] = old + ",".join([str(Decimal(rate) + 1), *rest])
    seed.write_text("".join(rows), encoding="utf-8")
    return folder


def parts(rows: list[dict[str, Any]], mart: str, metric: str, **cell: str) -> dict[str, Decimal]:
    """Cause and file -> part of one cell."""
    return {
        f"{row['cause']} {', '.join(row['files'] or row['inputs'])}": row["part"]
        for row in rows
        if row["mart"] == mart and row["metric"] == metric and cell.items() <= row["cell"].items()
    }


def test_each_change_has_its_cause_and_its_file(history):
    found = change_log.diff(history, 1, 2)
    whole = {"month": "2020-09-01", "product_group": "ALL"}
    assert parts(found, "dual_circulation", "domestic_value_cny", **whole) == {
        "new orders new.csv": Decimal("41000"),
        "corrected orders corrected.csv": Decimal("10000"),
        "corrected orders tuesday.csv": Decimal("20000"),
        "withdrawn orders withdrawn.csv": Decimal("-20500"),
    }
    august = {"month": "2020-08-01", "product_group": "denim"}
    assert parts(found, "dual_circulation", "total_value_cny", **august) == {
        "late orders late.csv": Decimal("20500")
    }
    declared = {
        "month": "2020-09-01",
        "basis": "customs",
        "market_code": "VNM",
        "product_group": "white_cloth",
    }
    assert parts(found, "market_share", "value_cny", **declared) == {
        "corrected declarations items.csv": Decimal("10000")
    }


@pytest.mark.parametrize(("a", "b"), [(1, 2), (2, 3), (1, 3), (3, 1)])
def test_the_parts_of_every_cell_add_up_to_its_change(history, a, b):
    """Of every mart: amounts to the cent, ratios to the last of their fifteen decimals."""
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    change: dict[tuple[str, str, str], Decimal] = {}
    for row in change_log.diff(history, a, b):
        if row["part"] is not None:
            cell = (row["mart"], str(row["cell"]), row["metric"])
            sums[cell] += row["part"]
            change[cell] = Decimal(row["value_to"] or 0) - Decimal(row["value_from"] or 0)
    assert len(change) > 100
    assert {mart for mart, *_ in change} >= {"market_share", "growth", "dual_circulation", "enterprise_mix"}
    for cell, part in sums.items():
        assert abs(part - change[cell]) < Decimal("1e-12"), cell


def test_a_share_is_explained_by_its_numerator_and_its_denominator(history):
    found = change_log.diff(history, 1, 2, "dual_circulation")
    share = parts(found, "dual_circulation", "domestic_share", month="2020-09-01", product_group="denim")
    assert set(share) == {
        "new orders new.csv",
        "corrected orders corrected.csv",
        "corrected orders tuesday.csv",
        "withdrawn orders withdrawn.csv",
    }
    assert share["new orders new.csv"] > 0 > share["withdrawn orders withdrawn.csv"]


def test_a_base_is_explained_by_the_groups_of_the_month_that_it_is_the_base_of(history):
    """In September 2019 Britain was in the EU; the cell that its order is the base of is one of 2020."""
    found = change_log.diff(history, 1, 2, "market_share")
    base = {"month": "2020-09-01", "basis": "order_book", "product_group": "denim", "market_code": None}
    assert parts(found, "market_share", "base_value_cny", market_group="UK", **base) == {
        "late orders britain.csv": Decimal("20500")
    }
    assert parts(found, "market_share", "base_value_cny", market_group="EU", **base) == {}
    then = {**base, "month": "2019-09-01", "market_group": "EU"}
    assert parts(found, "market_share", "value_cny", **then) == {"late orders britain.csv": Decimal("20500")}


def test_a_changed_rate_is_named_with_its_seed(history):
    found = change_log.diff(history, 2, 3)
    exports = {"month": "2020-09-01", "product_group": "white_cloth"}
    (cause,) = parts(found, "dual_circulation", "export_value_cny", **exports).items()
    assert re.fullmatch("changed rate seeds/exchange_rates.csv [0-9a-f]{12} -> [0-9a-f]{12}", cause[0])
    assert cause[1] == Decimal("1000")
    assert {row["cause"] for row in found if row["mart"] != "revision"} == {"changed rate"}


@pytest.mark.parametrize(
    ("file", "cause"),
    [
        ("seeds/market_group_members.csv", "changed seed"),
        ("seeds/product_group_codes.csv", "changed seed"),
        ("models/intermediate/orders/int_orders__versions.sql", "changed code"),
        ("macros/formulas/ratios.sql", "changed code"),
        ("dbt_project.yml", "changed code"),
        ("seeds/hs6_correlation.csv", None),  # dual_circulation does not depend on it
    ],
)
def test_the_file_that_changed_between_two_builds_names_the_cause(history, new_warehouse, file, cause):
    settings = new_warehouse(history)
    query(
        settings,
        "update ops.build as b set inputs = jsonb_set(a.inputs, array[%s], '\"other\"') from ops.build as a"
        " where a.build_id = (select build_id from ops.release where release_id = 2)"
        " and b.build_id = (select build_id from ops.release where release_id = 3)",
        file,
    )
    found = change_log.diff(settings, 2, 3, "dual_circulation")
    assert {row["cause"] for row in found} == {cause}
    assert {name.split()[0] for row in found for name in row["inputs"] or ()} == ({file} if cause else set())


def test_a_diff_over_two_releases_has_causes_of_data_and_rate(history):
    exports = {"month": "2020-09-01", "product_group": "white_cloth"}
    found = parts(
        change_log.diff(history, 1, 3, "dual_circulation"),
        "dual_circulation",
        "export_value_cny",
        **exports,
    )
    assert [cause[:23] for cause in sorted(found)] == ["changed rate seeds/exch", "new orders dollars.csv"]
    back = parts(
        change_log.diff(history, 3, 1, "dual_circulation"),
        "dual_circulation",
        "export_value_cny",
        **exports,
    )
    assert back == {cause: -part for cause, part in found.items()}


def test_steps_of_dropped_releases_count_in_the_next(history, new_warehouse):
    settings = new_warehouse(history)
    direct = change_log.diff(settings, 1, 3, "dual_circulation")
    with psycopg.connect(settings.dsn(Role.PUBLISHER)) as connection:
        connection.execute("update ops.release set dropped_at = now() where release_id = 2")
        store.delete_unused_rows(connection, "dual_circulation")
    whole = {"month": "2020-09-01", "product_group": "white_cloth"}
    merged = change_log.diff(settings, 1, 3, "dual_circulation")
    assert {row["release_id"] for row in merged} == {3}
    total = [
        sum(parts(rows, "dual_circulation", "export_value_cny", **whole).values())
        for rows in (direct, merged)
    ]
    assert total[0] == total[1]


def test_a_diff_without_changes_has_no_rows(history):
    assert change_log.diff(history, 2, 2) == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [((1, 99), "there is no release 99"), ((1, 2, "no_mart"), "there is no mart no_mart")],
)
def test_what_does_not_exist_is_named_in_the_error(history, arguments, complaint):
    with pytest.raises(ExplainError, match=complaint):
        change_log.diff(history, *arguments)


def test_analysts_may_ask_why_and_bi_tools_may_not(history):
    ask = "select count(*) from ops.release_diff(1, 2, 'market_share')"
    assert query(history, ask, role=Role.ANALYST)[0][0] > 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(history, ask, role=Role.BI_READER)


@pytest.mark.parametrize("release_id", [1, 2])
def test_an_amount_is_walked_back_to_its_loads_files_and_lines(history, release_id):
    key = {"month": "2020-09", "product_group": "denim"}
    found = explain.explain(history, "dual_circulation", key, release_id)
    assert found.key == {"month": dt.date(2020, 9, 1), "product_group": "denim"}
    by_metric = {amount["metric"]: amount for amount in found.amounts}
    for amount in by_metric.values():
        assert amount["line_value"] == amount["value"], amount["metric"]
        assert sum(load["value_cny"] for load in amount["loads"]) == amount["line_value"]
    files = {load["file_name"]: load["lines"] for load in by_metric["domestic_value_cny"]["loads"]}
    assert files == (
        {"a.csv": 12} if release_id == 1 else {"a.csv": 9, "new.csv": 2, "corrected.csv": 1, "tuesday.csv": 1}
    )
    largest = next(line for line in found.lines if line["metric"] == "domestic_value_cny")
    if release_id == 2:
        assert (largest["file_name"], largest["file_line"], largest["line"]) == ("tuesday.csv", 2, "SO-1 3")


def test_every_amount_that_is_followed_equals_its_lines(history):
    """Of every mart with amounts that are followed, for its first rows: value and lines agree to the cent."""
    followed = query(history, "select distinct mart from reference.figure_lines order by 1")
    for (mart,) in followed:
        (columns,) = query(history, "select key_columns from ops.mart where mart = %s", mart)[0]
        rows = query(history, f"select to_jsonb(m) from marts.{mart} as m order by md5(m::text) limit 5")
        for (row,) in rows:
            key = {name: str(row[name]) for name in columns if row[name] is not None}
            if any(row[name] is None for name in columns) and row.get("market_level") == "group":
                key["market_level"] = "group"
            for amount in explain.explain(history, mart, key).amounts:
                assert amount["line_value"] == amount["value"], (mart, key, amount["metric"])


@pytest.mark.parametrize(
    ("mart", "key", "complaint"),
    [
        ("no_mart", {}, "there is no mart no_mart; there are: concentration, "),
        ("dual_circulation", {"moon": "1"}, "no key column moon; its key is month, product_group"),
        (
            "dual_circulation",
            {"month": "2001-01"},
            "release 3 has no row of dual_circulation with month=2001-01-01",
        ),
        (
            "dual_circulation",
            {"month": "2020-09"},
            "add product_group; for example month=2020-09-01,product",
        ),
    ],
)
def test_an_ambiguous_key_is_an_error_with_the_missing_columns(history, mart, key, complaint):
    with pytest.raises(ExplainError, match=complaint):
        explain.explain(history, mart, key)
