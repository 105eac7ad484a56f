"""Edge cases of which version of a row is current (the plain cases are in test_merge_into_raw.py)."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

from samples import MILL_B, cell, load, order, orders, query, warehouse_state, write, write_download

from include.settings import Settings

SOURCE = "enterprise_orders"
EARLY, LATE = "2020-09-01 10:00:00", "2020-09-02 10:00:00"


def _quantities(settings: Settings, table: str = SOURCE) -> list[object]:
    return [quantity for (quantity,) in query(settings, f"select quantity from raw.{table} order by line_no")]


def test_a_rejected_row_leaves_the_version_before_it_current(warehouse: Settings, tmp_path: Path) -> None:
    load(warehouse, SOURCE, write(tmp_path / "a.csv", orders(9, 更新时间=EARLY)))
    newer = [*orders(8, 数量="5", 更新时间=LATE), order(行号="9", 数量="-1", 更新时间=LATE)]
    (result,) = load(warehouse, SOURCE, write(tmp_path / "b.csv", newer))
    assert (result.accepted, result.quarantined) == (8, 1)
    assert _quantities(warehouse) == [5] * 8 + [1000]


def test_versions_of_one_file_are_all_stored_in_any_order(warehouse: Settings, tmp_path: Path) -> None:
    rows = [*orders(1, 数量="7", 更新时间=LATE), *orders(1, 更新时间=EARLY), *orders(1, 更新时间=EARLY)]
    (result,) = load(warehouse, SOURCE, write(tmp_path / "a.csv", rows))
    assert (result.accepted, result.unchanged) == (2, 1)
    assert (_quantities(warehouse), _quantities(warehouse, f"{SOURCE}_history")) == ([7], [1000])


def test_a_version_from_the_future_waits_for_its_correction(warehouse: Settings, tmp_path: Path) -> None:
    first = [*orders(9), order(行号="10", 更新时间="2099-09-01 10:00:00")]
    (result,) = load(warehouse, SOURCE, write(tmp_path / "a.csv", first))
    assert (result.quarantined, result.failed_rules) == (1, ["updated_at_not_in_future"])
    corrected = write(tmp_path / "b.csv", [order(行号="10", 数量="7", 更新时间=LATE)])
    (result,) = load(warehouse, SOURCE, corrected)
    assert (result.accepted, _quantities(warehouse)) == (1, [1000] * 9 + [7])
    assert query(warehouse, "select resolved_by_load is not null from ops.quarantine") == [(True,)]


def test_a_version_is_from_a_month_before_its_order_to_a_day_from_now(
    warehouse: Settings, tmp_path: Path
) -> None:
    now = dt.datetime.now(ZoneInfo("Asia/Shanghai"))
    moments = {
        now + dt.timedelta(hours=23): None,
        (now + dt.timedelta(hours=23)).astimezone(dt.UTC): None,
        now + dt.timedelta(hours=25): "updated_at_not_in_future",
        (now + dt.timedelta(hours=25)).astimezone(dt.UTC): "updated_at_not_in_future",
        dt.datetime.fromisoformat("2020-08-01T00:00:00+08:00"): None,
        dt.datetime.fromisoformat("2020-07-31T16:00:00+00:00"): None,
        dt.datetime.fromisoformat("2020-07-31T23:59:59+08:00"): "updated_at_not_before_order",
        dt.datetime.fromisoformat("2020-07-31T15:59:59+00:00"): "updated_at_not_before_order",
    }
    rows = [order(行号=str(n), 更新时间=moment.isoformat()) for n, moment in enumerate(moments, 1)]
    load(warehouse, SOURCE, write(tmp_path / "a.csv", [*rows, *orders(20, 订单号="SO-2")]))
    rejected = query(warehouse, "select line_no - 1, rule_codes from ops.quarantine order by 1")
    assert rejected == [(n, [rule]) for n, rule in enumerate(moments.values(), 1) if rule]


def test_an_order_booked_before_the_date_of_its_contract_is_accepted(
    warehouse: Settings, tmp_path: Path
) -> None:
    booked = orders(6, 订单日期="2025-12-01", 发货日期="", 更新时间="2025-11-28 09:00:00")
    (result,) = load(warehouse, SOURCE, write(tmp_path / "a.csv", booked))
    assert (result.status, result.accepted, result.quarantined) == ("accepted", 6, 0)


def test_mills_with_equal_order_numbers_do_not_change_each_others_rows(
    warehouse: Settings, tmp_path: Path
) -> None:
    other = orders(3, 统一社会信用代码=MILL_B, 数量="3")
    load(warehouse, SOURCE, write(tmp_path / "a.csv", orders(3)), write(tmp_path / "b.csv", other))
    assert sorted(_quantities(warehouse)) == [3, 3, 3, 1000, 1000, 1000]


def test_equal_values_in_another_notation_are_the_same_row(warehouse: Settings, tmp_path: Path) -> None:
    load(warehouse, SOURCE, write(tmp_path / "a.csv", orders(6)))
    before = warehouse_state(warehouse)
    notation = {
        "数量": "1000.000",
        "国家地区": "CHN",
        "省份": "44",
        "单位": "030",
        "订单日期": "2020年9月1日",
    }
    (result,) = load(warehouse, SOURCE, write(tmp_path / "b.csv", [row | notation for row in orders(6)]))
    assert (result.accepted, result.unchanged) == (0, 6)
    assert warehouse_state(warehouse) == before


def test_a_file_is_identified_together_with_its_manifest(warehouse: Settings, tmp_path: Path) -> None:
    exports = write_download(tmp_path / "a.csv", [cell()], "flow: export\n")
    imports = write_download(tmp_path / "b.csv", [cell()], "flow: import\n")
    results = load(warehouse, "customs_statistics", exports, imports, exports)
    assert [result.status for result in results] == ["accepted", "accepted", "duplicate"]
    assert query(warehouse, "select flow from raw.customs_statistics order by 1") == [
        ("export",),
        ("import",),
    ]


def test_a_refused_file_is_validated_again_and_equal_files_of_one_call_once(
    warehouse: Settings, tmp_path: Path
) -> None:
    bad = write(tmp_path / "bad.csv", orders(6, 数量="x"))
    good, twin = write(tmp_path / "good.csv", orders(6)), write(tmp_path / "twin.csv", orders(6))
    results = load(warehouse, SOURCE, bad, good, twin, bad)
    assert [result.status for result in results] == ["refused", "accepted", "duplicate", "refused"]
