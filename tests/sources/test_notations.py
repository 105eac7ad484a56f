"""Numbers and moments in the notations of other systems, described by a profile."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from samples import order, write

from include.sources.profile import Profile

ReadTable = Callable[..., Any]
GERMAN = Profile(
    source="enterprise_orders", decimal=",", thousands=".", date_formats=("%d.%m.%Y %H:%M", "%d.%m.%Y"),
    time_zone="Europe/Berlin", words={"currency": {"Euro": "EUR"}},
)  # fmt: skip


def test_decimal_commas_foreign_dates_and_clocks(read_table: ReadTable, tmp_path: Path) -> None:
    foreign = order(
        数量="1.000,5", 单价="20,5", 金额="20.510,25", 订单日期="01.09.2020", 发货日期="", 币种="Euro"
    )
    (row,) = read_table(
        write(tmp_path / "a.csv", [foreign | {"更新时间": "01.09.2020 10:30"}]), profile=GERMAN
    ).rows
    assert row["_findings"] is None
    assert [str(row[name]) for name in ("quantity", "unit_price", "amount", "order_date", "currency")] == [
        *("1000.5000", "20.500000", "20510.25", "2020-09-01", "EUR")
    ]
    assert row["updated_at"].isoformat() == "2020-09-01T16:30:00+08:00"


@pytest.mark.parametrize("moment", ["25.10.2020 02:30", "29.03.2020 02:30"], ids=["twice", "never"])
def test_a_clock_time_that_exists_twice_or_never_is_not_guessed(
    moment: str, read_table: ReadTable, tmp_path: Path
) -> None:
    (row,) = read_table(write(tmp_path / "a.csv", [order(更新时间=moment)]), profile=GERMAN).rows
    assert "unreadable:updated_at" in row["_findings"]


def test_a_point_is_unreadable_where_the_comma_is_the_decimal_mark(
    read_table: ReadTable, tmp_path: Path
) -> None:
    (row,) = read_table(write(tmp_path / "a.csv", [order(数量="10.5", 金额="1.000")]), profile=GERMAN).rows
    assert (row["quantity"], row["amount"]) == (None, 1000)


def test_a_version_is_at_most_31_days_before_its_day_in_the_zone_of_the_profile(
    read_table: ReadTable, tmp_path: Path
) -> None:
    tokyo = Profile(source="enterprise_orders", time_zone="Asia/Tokyo")
    rows = [order(行号="1", 更新时间="2020-08-01 00:00:00"), order(行号="2", 更新时间="2020-07-31 23:59:59")]
    found = read_table(write(tmp_path / "a.csv", rows), profile=tokyo).rows
    assert [row["_findings"] for row in found] == [None, "|before:updated_at|"]


def test_a_moment_with_an_offset_needs_no_zone(read_table: ReadTable, tmp_path: Path) -> None:
    rows = [
        order(行号="1", 更新时间="2020-09-01T10:30:00Z"),
        order(行号="2", 更新时间="2020-09-01 10:30:00+08:00"),
    ]
    moments = [row["updated_at"].isoformat() for row in read_table(write(tmp_path / "a.csv", rows)).rows]
    assert moments == ["2020-09-01T18:30:00+08:00", "2020-09-01T10:30:00+08:00"]
