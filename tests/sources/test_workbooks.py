"""XLSX: dates, numbers, text codes and row numbers as the sheet has them."""

import datetime as dt
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from samples import item, order, orders, raw_lines

from include.errors import UnreadableFileError
from include.sources import workbooks

ReadTable = Callable[..., Any]


def workbook(path: Path, rows: list[dict[str, Any]], blank_rows: int = 0, sheets: int = 1) -> Path:
    """A workbook with the rows in its first sheet; dates and numbers as Excel stores them."""
    with xlsxwriter.Workbook(path) as book:
        day, moment = (
            book.add_format({"num_format": "yyyy-mm-dd"}),
            book.add_format({"num_format": "yyyy/m/d h:mm"}),
        )
        for number in range(sheets):
            sheet = book.add_worksheet()
            if number:
                sheet.write(0, 0, "another sheet")
                continue
            for at, line in enumerate([list(rows[0]), *(list(row.values()) for row in rows)], blank_rows):
                for column, value in enumerate(line):
                    if isinstance(value, dt.datetime):
                        sheet.write_datetime(at, column, value, moment)
                    elif isinstance(value, dt.date):
                        sheet.write_datetime(at, column, value, day)
                    elif isinstance(value, str):
                        sheet.write_string(at, column, value)
                    elif value is not None:
                        sheet.write(at, column, value)
    return path


def test_cells_of_every_kind(read_table: ReadTable, tmp_path: Path) -> None:
    typed: dict[str, Any] = order(商品编码="05119990", 客户编码="007") | {
        "行号": 1,
        "订单日期": dt.date(2020, 9, 1),
        "更新时间": dt.datetime(2020, 9, 1, 10, 30),
        "数量": 1000.5,
        "单价": 20.1,
        "金额": 20110.05,
        "门幅": None,
    }
    row = read_table(workbook(tmp_path / "a.xlsx", [typed])).rows[0]
    assert row["_findings"] is None
    assert (row["line_no"], row["order_date"]) == (1, dt.date(2020, 9, 1))
    assert row["updated_at"].isoformat() == "2020-09-01T10:30:00+08:00"
    assert (row["quantity"], row["unit_price"], row["amount"]) == (
        Decimal("1000.5000"),
        Decimal("20.100000"),
        Decimal("20110.05"),
    )
    assert (row["hs_code"], row["customer_code"], row["fabric_width_cm"]) == ("05119990", "007", None)


@pytest.mark.parametrize(
    "number", [0.1 + 0.2, 1234567.89, 0.000001, 99999999.99, 1e11, 123456789012.0, -0.07]
)
def test_a_number_cell_is_the_number_that_excel_displays(
    number: float, read_table: ReadTable, tmp_path: Path
) -> None:
    rows: list[dict[str, Any]] = [order() | {"单价": number}]
    row = read_table(workbook(tmp_path / "a.xlsx", rows)).rows[0]
    assert row["unit_price"] == Decimal(f"{number:.15g}").quantize(Decimal("0.000001")), row["_findings"]


def test_codes_typed_as_numbers_keep_their_digits(read_table: ReadTable, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [item() | {"商品编码": 5208120000, "监管方式": 1039, "境内货源地": 33149}]
    row = read_table(workbook(tmp_path / "a.xlsx", rows), "customs_exports").rows[0]
    assert (row["hs_code"], row["trade_mode"], row["source_district"]) == ("5208120000", "1039", "33149")


def test_blank_rows_above_and_between_are_no_rows(read_table: ReadTable, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [order(行号="1"), dict.fromkeys(order(), None), order(行号="2")]
    table = read_table(workbook(tmp_path / "a.xlsx", rows, blank_rows=3, sheets=2))
    assert [(row["line_no"], row["_line_no"]) for row in table.rows] == [(1, 5), (2, 7)]
    raw = raw_lines(tmp_path / "a.xlsx", 7)
    assert raw[7].split("\t")[:3] == [order()["统一社会信用代码"], "SO-1", "2"]


def test_a_line_break_in_a_cell_is_read(read_table: ReadTable, tmp_path: Path) -> None:
    table = read_table(workbook(tmp_path / "a.xlsx", [order(品名='牛仔布\n"深蓝",一等')]))
    assert table.rows[0]["product_name"] == '牛仔布\n"深蓝",一等'


def test_a_control_character_in_a_cell_is_accepted(read_table: ReadTable, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        cells = order(品名="牛仔\x01布\x0b\x00", 客户名称="_x0000_")
        for column, (header, value) in enumerate(cells.items()):
            sheet.write_string(0, column, header)
            sheet.write_string(1, column, value)
    assert read_table(path).rows[0]["_findings"] is None


def test_error_and_boolean_cells_are_findings_or_text(read_table: ReadTable, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for column, (header, value) in enumerate(order().items()):
            sheet.write_string(0, column, header)
            if header == "数量":
                sheet.write_formula(1, column, "=1/0", value="#DIV/0!")
            elif header == "品名":
                sheet.write_boolean(1, column, True)
            else:
                sheet.write_string(1, column, value)
    row = read_table(path).rows[0]
    assert row["quantity"] is None
    assert row["_findings"] in ("|unreadable:quantity|", None)
    assert row["product_name"].lower() == "true"


def test_a_workbook_is_found_by_its_content_not_its_name(read_table: ReadTable, tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", orders(2)).rename(tmp_path / "a.csv")
    assert len(read_table(tmp_path / "a.csv").rows) == 2


@pytest.mark.parametrize("keep", [0.02, 0.5, 0.98])
def test_a_truncated_workbook_is_refused(keep: float, read_table: ReadTable, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", orders(50))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(UnreadableFileError, match=r"a\.xlsx") as caught:
        read_table(path)
    assert caught.value.rule == "workbook_damaged"


def test_a_flipped_byte_is_refused_or_harmless(read_table: ReadTable, tmp_path: Path) -> None:
    whole = workbook(tmp_path / "a.xlsx", orders(20)).read_bytes()
    refusals = []
    for at in range(0, len(whole), len(whole) // 60):
        damaged = bytearray(whole)
        damaged[at] ^= 0x55
        (tmp_path / "b.xlsx").write_bytes(damaged)
        try:
            rows = read_table(tmp_path / "b.xlsx").rows
        except UnreadableFileError as error:
            refusals.append(error.rule)
        else:
            assert [row["line_no"] for row in rows] == list(range(1, 21)), at
    assert refusals
    assert set(refusals) <= {"workbook_damaged", "workbook_too_large", "encoding_unknown"}


def test_zip_archives_that_are_no_workbooks_are_refused(read_table: ReadTable, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("orders.csv", "订单号\n1\n")
    with pytest.raises(UnreadableFileError) as caught:
        read_table(path)
    assert caught.value.rule == "workbook_damaged"


@pytest.mark.parametrize("honest", [True, False], ids=["by its own word", "while it claims to be small"])
def test_a_zip_bomb_is_refused_unopened(honest: bool, read_table: ReadTable, tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    size = 300 * 1024**2
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as entry,
    ):
        for _ in range(size // 1024**2):
            entry.write(b" " * 1024**2)
    if not honest:
        whole = path.read_bytes()
        path.write_bytes(whole.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    with pytest.raises(UnreadableFileError) as caught:
        read_table(path)
    assert caught.value.rule == ("workbook_too_large" if honest else "workbook_damaged")


def test_a_large_real_workbook_is_within_the_limits() -> None:
    assert workbooks.MAX_UNPACKED_BYTES > 10**9
