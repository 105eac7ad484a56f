"""Numbers that a spreadsheet rounded at the 15th digit, and numbers that only end in zeros."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from samples import Row, delivered, item, order, write

from include.sources import encodings
from include.sources.counts import ReadCounts
from include.sources.profile import LineNumbers, Profile
from include.sources.read import blocks

ReadTable = Callable[..., Any]
ROUNDED = "202009011234567000"


def orders_named(*numbers: str, **changes: str) -> list[Row]:
    """An order line for each number."""
    return [order(订单号=number, **changes) for number in numbers]


def lines_of_one_order(number: str, **changes: list[str]) -> list[Row]:
    """Rows that have one key, with what differs in each."""
    return [
        order(订单号=number, **dict(zip(changes, values, strict=True)))
        for values in zip(*changes.values(), strict=True)
    ]


@pytest.mark.parametrize(
    "rows",
    [
        orders_named(ROUNDED),
        orders_named(ROUNDED, ROUNDED, ROUNDED),
        orders_named("20200901123456700", "20200901123456800"),
        orders_named("2020090112345670", "2020090112345680", "2020090112345690"),
        orders_named("202009010000000000", "202009010000000000"),
        orders_named(ROUNDED, "202009011234568000", "202009011234569001", "SO-1", "700100"),
        lines_of_one_order("2020090112345670", 金额=["1", "2"], 更新时间=["2020-09-02", "2020-09-03"]),
        lines_of_one_order("2020090112345670", 客户编码=["C1", "C2"]),
        orders_named(f"{ROUNDED}.0"),
    ],
    ids=[
        "one",
        "one order",
        "17 digits",
        "16 digits",
        "zeros before",
        "most",
        "two amounts",
        "two customers",
        "with decimals",
    ],
)
def test_a_rounded_number_is_a_finding(rows: list[Row], read_table: ReadTable, tmp_path: Path) -> None:
    for read in read_table(write(tmp_path / "a.csv", rows)).rows:
        is_rounded = bool(re.fullmatch(r"[0-9]{15}0+(\.0)?", read["order_no"]))
        assert ("|damaged:order_no|" in (read["_findings"] or "")) == is_rounded


@pytest.mark.parametrize(
    "rows",
    [
        orders_named("2020090112345670"),
        orders_named("2020090112345670", "2020090112345680"),
        orders_named("20200901123456700"),
        orders_named(ROUNDED, "202009011234568001"),
        orders_named(*[ROUNDED] * 5, "202009011234568001"),
        orders_named("100000000000000", "200000000000000", "300000000000000"),
        orders_named(f"SO{ROUNDED}", f"{ROUNDED}-1"),
        lines_of_one_order("2020090112345670", 行号=["1", "2"]),
        lines_of_one_order("2020090112345670", 更新时间=["2020-09-02", "2020-09-03"]),
        lines_of_one_order("2020090112345670", 金额=["1", "2"], 状态=["正常", "变更"]),
        lines_of_one_order("2020090112345670", 金额=["1", "-1"], 状态=["正常", "取消"]),
        lines_of_one_order("2020090112345670", 金额=["1", "2"], 状态=["取消", "取消"]),
    ],
    ids=[
        *("16 digits", "two of 16 digits", "17 digits", "one of two", "lines of one order", "15 digits"),
        *("letters", "two lines", "sent again", "amended", "cancelled", "cancelled twice"),
    ],
)
def test_correct_numbers_that_end_in_zeros_are_no_finding(
    rows: list[Row], read_table: ReadTable, tmp_path: Path
) -> None:
    assert {row["_findings"] for row in read_table(write(tmp_path / "a.csv", rows)).rows} <= {
        None,
        "|ambiguous:row|",
    }


def test_the_last_rows_of_a_long_file_are_checked_with_those_before(
    read_table: ReadTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = orders_named(*(f"20200901123{n:04}0" for n in range(9)))
    monkeypatch.setattr(encodings, "BLOCK_BYTES", 1500)
    path = write(tmp_path / "a.csv", rows)
    heights = [block.rows.height for block in blocks(delivered(path), ReadCounts())]
    assert heights == [7, 2]  # by itself the last one has too few zeros
    assert [row["_findings"] for row in read_table(path).rows] == ["|damaged:order_no|"] * 9


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (order(客户编码=ROUNDED), "customer_code"),
        (order(行号=ROUNDED), "line_no"),
        (order(统一社会信用代码="913101150000001000"), "enterprise_uscc"),
        (item(项号=ROUNDED), "item_no"),
        (item(报关单号="310120200000001000"), "declaration_no"),
    ],
)
def test_every_column_of_identifiers_is_checked(
    row: Row, column: str, read_table: ReadTable, tmp_path: Path
) -> None:
    source = "enterprise_orders" if "订单号" in row else "customs_exports"
    (read,) = read_table(write(tmp_path / "a.csv", [row]), source).rows
    assert f"|damaged:{column}|" in read["_findings"]


def test_a_valid_check_character_proves_that_nothing_is_lost(read_table: ReadTable, tmp_path: Path) -> None:
    (read,) = read_table(write(tmp_path / "a.csv", [order(统一社会信用代码="911100000000180000")])).rows
    assert read["_findings"] is None


def test_computed_line_numbers_are_no_finding(read_table: ReadTable, tmp_path: Path) -> None:
    numbered = Profile(source="enterprise_orders", line_numbers=LineNumbers(by=("品名",)))

    def lines(*rows: Row) -> list[dict[str, Any]]:
        unnumbered = [{name: value for name, value in row.items() if name != "行号"} for row in rows]
        return list(read_table(write(tmp_path / "a.csv", unnumbered), profile=numbered).rows)

    rows_without_numbers = lines(*(order(品名=str(n)) for n in range(500)))
    ends = next(
        row["product_name"]
        for row in rows_without_numbers
        if re.fullmatch("[0-9]{15}0+", str(row["line_no"]))
    )
    both = lines(*(order(品名=ends, 金额=amount, 更新时间=f"2020-09-0{amount}") for amount in ("1", "2")))
    assert [row["_findings"] for row in both] == [None, None]
