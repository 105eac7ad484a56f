"""The file for a sender: every rejected row in its own columns, and no formula."""

import csv
import re
import zipfile

import pytest
from python_calamine import CalamineWorkbook
from samples import load, one, order, orders, write

from include.errors import QuarantineError
from include.load import rejected_rows, sender_sheet

FORMULA = "=cmd|' /C calc'!A0"


def sheets(path):
    """(header, rows) of every worksheet."""
    book = CalamineWorkbook.from_path(path)
    tables = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    assert {type(cell) for table in tables for row in table for cell in row} == {str}
    return [(table[0], table[1:]) for table in tables]


def first_sheet(path):
    """(header, whether every cell is text and none a formula, {(row, column) of the marked cells})."""
    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    cells = re.findall(r'<c r="([A-Z]+)(\d+)"(?: s="(\d)")? t="inlineStr">', sheet)
    header, _ = sheets(path)[0]
    marked = {(int(row), ord(column) - ord("A")) for column, row, style in cells if style == "2"}
    return header, "<f" not in sheet and len(cells) == sheet.count("<c ") > len(header), marked


@pytest.fixture
def rejected(warehouse, tmp_path):
    """Loads 1 and 2 with different headers, a ragged row and a resolved one; load 3 refused for its rows."""
    columns = sorted(order())
    a = write(
        tmp_path / "a.csv",
        [*orders(12), order(行号="0", 品名=FORMULA), order(行号="13", 数量="x", 金额="-1", 商品编码="007")],
        columns=columns,
    )
    a.write_text(a.read_text(encoding="utf-8") + "two,fields\n", encoding="utf-8")
    rows = [*orders(4, 订单号="B"), order(行号="-1")]
    correction = [order(行号="13", 商品编码="520942")]
    refused = [*orders(3, 订单号="R"), *orders(2, 订单号="R2", 数量="0")]
    load(
        warehouse,
        "enterprise_orders",
        a,
        write(tmp_path / "b.csv", rows),
        write(tmp_path / "refused.csv", refused),
        write(tmp_path / "correction.csv", correction),
    )
    return warehouse, columns


def write_sheet(settings, path, load_id=None):
    return sender_sheet.write(rejected_rows.rows(settings, load_id), path)


def test_a_worksheet_per_header_with_the_reasons_first_and_all_cells_as_text(rejected, tmp_path):
    settings, columns = rejected
    assert write_sheet(settings, tmp_path / "all.xlsx") == 4
    (first, rows), (raw, ragged), (other, one_row) = sheets(tmp_path / "all.xlsx")
    assert first[5:] == columns
    assert other[5:] == list(order())
    assert (raw[5], ragged[0][5], len(ragged[0])) == ("原始行 Line", "two,fields", 6)
    assert [row[2:4] for row in rows] == [["a.csv", "line 14"], ["a.csv", "line 15"]]
    by_name = [dict(zip(first, row, strict=True)) for row in rows]
    assert (by_name[0]["品名"], by_name[1]["商品编码"]) == (FORMULA, "007")
    assert by_name[1]["退回原因"].count("；") == 2
    assert "quantity cannot be read" in by_name[1]["Reason"]
    assert by_name[0]["已更正 Corrected"] == ""
    assert by_name[1]["已更正 Corrected"].startswith("correction.csv (20")
    assert [row[4] for row in one_row] == [""]


def test_no_cell_is_a_formula_or_a_number_and_the_wrong_ones_are_marked(rejected, tmp_path):
    settings, _ = rejected
    write_sheet(settings, tmp_path / "a.xlsx", 1)
    names, all_text, marked = first_sheet(tmp_path / "a.xlsx")
    assert all_text
    assert {(row, names[column]) for row, column in marked} == {
        (2, "行号"),
        (3, "数量"),
        (3, "金额"),
        (3, "商品编码"),
    }


def test_headers_of_a_profile_are_marked_too(warehouse, tmp_path):
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    line = "5{0:02},85123A,HOLDER,{1},2010-12-01 08:26:00,2.55,17850.0,United Kingdom"
    path = tmp_path / "a.csv"
    path.write_text("\n".join([header, *(line.format(n, "x" if n == 9 else 6) for n in range(10)), ""]))
    (result,) = load(warehouse, "enterprise_orders", path, profile="merchant_retail")
    assert (result.accepted, result.quarantined) == (9, 1)
    write_sheet(warehouse, tmp_path / "a.xlsx")
    names, _, marked = first_sheet(tmp_path / "a.xlsx")
    assert names[5:] == header.split(",")
    assert {names[column] for _, column in marked} == {"Quantity"}


def test_csv_is_escaped(rejected, tmp_path):
    settings, _ = rejected
    assert write_sheet(settings, tmp_path / "all.csv") == 4
    with (tmp_path / "all.csv").open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["state"] for row in found] == ["open", "resolved", "open", "open"]
    assert found[1]["resolved_by_file"] == "correction.csv"


def test_of_a_refused_file_the_first_rejected_rows_are_written(rejected, tmp_path):
    settings, _ = rejected
    assert write_sheet(settings, tmp_path / "r.xlsx", 3) == 2
    assert {row["state"] for row in rejected_rows.rows(settings, 3)} == {"refused"}
    assert "refused.csv" not in {row["file_name"] for row in rejected_rows.rows(settings, None)}


def test_rows_that_cannot_be_listed_or_written_are_an_error_with_its_reason(rejected, tmp_path):
    settings, _ = rejected
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    (result,) = load(settings, "enterprise_orders", empty)
    with pytest.raises(QuarantineError, match=r"empty\.csv.* refused as a whole"):
        write_sheet(settings, tmp_path / "x.xlsx", result.load_id)
    with pytest.raises(QuarantineError, match="there is no load 99"):
        write_sheet(settings, tmp_path / "x.xlsx", 99)
    with pytest.raises(QuarantineError, match=r"name it \.xlsx .* or \.csv"):
        write_sheet(settings, tmp_path / "x.pdf")
    assert not (tmp_path / "x.pdf").exists()
    assert one(settings, "select count(*) from ops.quarantine") == 4


def test_a_full_worksheet_is_continued_on_the_next(rejected, tmp_path, monkeypatch):
    settings, _ = rejected
    monkeypatch.setattr(sender_sheet, "EXCEL_ROWS", 2)
    write_sheet(settings, tmp_path / "a.xlsx", 1)
    assert [len(rows) for _, rows in sheets(tmp_path / "a.xlsx")] == [1, 1, 1]
