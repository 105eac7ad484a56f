"""Marts as files: exact amounts, one release, and no formula that a spreadsheet would run."""

import csv
import datetime as dt
import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from python_calamine import CalamineWorkbook
from samples import load, order, write
from typer.testing import CliRunner

from include.cli.main import app
from include.errors import ExportError, NoReleaseError
from include.load import rejected_rows, sender_sheet
from include.release import export
from tests.release.test_publish import CHANGED, TWO, publish
from tests.samples import environment

HOSTILE = [
    "=cmd|' /C calc'!A0",
    " =1+1",
    "\ufeff\u00a0@SUM(1)",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    '=HYPERLINK("http://x","客户")',
    "＝1+1",
    "－1",
]
HARMLESS = ["广州服装厂", "a=b", "1-2", "'=1", " x"]
NAMES = ", ".join(psycopg.sql.Literal(name).as_string() for name in [*HOSTILE, *HARMLESS])
MART = (
    "select n::integer as place, name, case when n = 1 then -1234567890.10 else 0.30 end::numeric(20, 2) as"
    " value_cny, 0.123456789012345::numeric as share, date '2020-09-01' as month, n > 1 as is_finished,"
    " timestamptz '2020-09-01 16:30Z' as at, null::text as reason,"
    " case when n = 1 then 123456789012345678.91 end::numeric(20, 2) as large_cny"
    f" from unnest(array[{NAMES}]) with ordinality as named (name, n)"
)


def lines(path: Path) -> list[dict[str, str]]:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sorted(csv.DictReader(file), key=lambda line: int(line["place"]))


def test_csv_has_every_digit_and_runs_nothing(warehouse, tmp_path):
    publish(warehouse, MART)
    written = export.export(warehouse, "sample", tmp_path / "out.csv")
    assert (written.release_id, written.rows) == (1, len(HOSTILE) + len(HARMLESS))
    found = lines(tmp_path / "out.csv")
    assert [line["name"] for line in found] == [*(f"'{name}" for name in HOSTILE), *HARMLESS]
    assert list(found[0].items())[2:] == [
        ("value_cny", "-1234567890.10"),
        ("share", "0.123456789012345"),
        ("month", "2020-09-01"),
        ("is_finished", "false"),
        ("at", "2020-09-02T00:30:00+08:00"),
        ("reason", ""),
        ("large_cny", "123456789012345678.91"),
    ]


def test_xlsx_has_numbers_as_numbers_and_no_formula(warehouse, tmp_path):
    publish(warehouse, MART)
    export.export(warehouse, "sample", tmp_path / "out.xlsx")
    with zipfile.ZipFile(tmp_path / "out.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert not [name for name in book.namelist() if "externalLink" in name or "hyperlink" in name.lower()]
    assert "<f" not in sheet
    assert "<hyperlink" not in sheet
    assert "<v>-1234567890.10</v>" in sheet
    assert "<v>0.123456789012345</v>" in sheet
    header, *rows = CalamineWorkbook.from_path(tmp_path / "out.xlsx").get_sheet_by_index(0).to_python()
    by_place = sorted(rows, key=lambda row: row[0])
    assert header == [
        "place",
        "name",
        "value_cny",
        "share",
        "month",
        "is_finished",
        "at",
        "reason",
        "large_cny",
    ]
    # An XML reader gives a carriage return back as a line feed.
    assert [row[1].replace("\r", "\n") for row in by_place] == [
        name.replace("\r", "\n") for name in [*HOSTILE, *HARMLESS]
    ]
    assert by_place[0][2:] == [
        -1234567890.1,
        0.123456789012345,
        dt.date(2020, 9, 1),
        False,
        dt.datetime(2020, 9, 2, 0, 30),
        "",
        "123456789012345678.91",
    ]


@pytest.mark.parametrize("digits", ["9999999999999.99", "-9999999999999.99", "0.01"])
def test_a_worksheet_keeps_the_cents(warehouse, tmp_path, digits):
    publish(warehouse, f"select {digits}::numeric(20, 2) as value_cny")
    export.export(warehouse, "sample", tmp_path / "out.xlsx")
    _, [value] = CalamineWorkbook.from_path(tmp_path / "out.xlsx").get_sheet_by_index(0).to_python()
    assert type(value) is float
    assert Decimal(f"{value:.2f}") == Decimal(digits)


def test_rows_beyond_a_worksheet_go_on_in_the_next(warehouse, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "EXCEL_ROWS", 3)
    publish(warehouse, "select n from generate_series(1, 5) as n")
    assert export.export(warehouse, "sample", tmp_path / "out.xlsx").rows == 5
    book = CalamineWorkbook.from_path(tmp_path / "out.xlsx")
    sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    assert sheets == [[["n"], [1], [2]], [["n"], [3], [4]], [["n"], [5]]]


def test_an_older_release_can_be_written(warehouse, tmp_path):
    first, _ = publish(warehouse, TWO)
    second, _ = publish(warehouse, CHANGED)
    texts = {}
    for release_id in (first, second, None):
        written = export.export(warehouse, "sample", tmp_path / "out.csv", release_id)
        texts[release_id] = (written.release_id, (tmp_path / "out.csv").read_text(encoding="utf-8-sig"))
    assert texts[first] == (first, '"k","n"\n"changing","1"\n"same","1"\n')
    assert texts[second] == texts[None] == (second, '"k","n"\n"changing","2"\n"same","1"\n')


def test_what_cannot_be_written_is_an_error_and_keeps_the_file(warehouse, tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("before", encoding="utf-8")
    with pytest.raises(NoReleaseError, match="there is no release yet"):
        export.export(warehouse, "sample", out)
    publish(warehouse, "select 1 as n")
    with pytest.raises(ExportError, match=r"there is no mart growth; there are release_info, sample"):
        export.export(warehouse, "growth", out)
    with pytest.raises(NoReleaseError, match="there is no release 9; `textile releases`"):
        export.export(warehouse, "sample", out, 9)
    with pytest.raises(ExportError, match=r"out\.ods: cannot be written as \.ods; name it \.csv or \.xlsx"):
        export.export(warehouse, "sample", tmp_path / "out.ods")
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert out.read_text(encoding="utf-8") == "before"


def test_a_failure_half_way_leaves_no_half_file(warehouse, tmp_path, monkeypatch):
    publish(warehouse, "select n from generate_series(1, 5) as n")
    monkeypatch.setattr(export, "_as_text", lambda value: 1 // (3 - value))
    with pytest.raises(ZeroDivisionError):
        export.export(warehouse, "sample", tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_restricted_mart_is_written_for_an_analyst(warehouse, tmp_path):
    publish(warehouse, "select 1 as n", restricted=True)
    assert export.export(warehouse, "sample", tmp_path / "out.csv").rows == 1


def test_the_command(warehouse, tmp_path, monkeypatch):
    publish(warehouse, TWO)
    for name, value in environment(warehouse).items():
        monkeypatch.setenv(name, value)
    out = tmp_path / "out.xlsx"
    run = CliRunner().invoke(app, ["export", "sample", "--out", str(out), "--release", "1", "--json"])
    assert json.loads(run.stdout.splitlines()[-1]) == {
        "file": str(out),
        "mart": "sample",
        "release_id": 1,
        "rows": 2,
    }


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_hostile_customer_names_are_exported_as_text(warehouse, tmp_path, kind):
    """Also for rejected rows, which are sent to the mills."""
    rows = [order(行号="0", 订单号=f"H{n}", 客户名称=name) for n, name in enumerate(HOSTILE)]
    good = [order(行号=str(n)) for n in range(1, 60)]
    load(warehouse, "enterprise_orders", write(tmp_path / "a.csv", [*good, *rows]))
    out = tmp_path / f"out.{kind}"
    assert sender_sheet.write(rejected_rows.rows(warehouse, None), out) == len(HOSTILE)
    if kind == "csv":
        with out.open(encoding="utf-8-sig", newline="") as file:
            cells: list[Any] = [cell for row in csv.reader(file) for cell in row]
        assert not [cell for cell in cells if cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))]
    else:
        with zipfile.ZipFile(out) as book:
            assert "<f" not in book.read("xl/worksheets/sheet1.xml").decode()
