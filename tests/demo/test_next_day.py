"""The next day: its files are as its result says."""

import csv
from pathlib import Path

import polars as pl
import pytest

from include.demo.synthetic import BadCell, NextDay, generate_next_day
from include.errors import UnreadableFileError

from .conftest import ENTERPRISES, SCALE, SEED, read


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("next_day")


@pytest.fixture(scope="module")
def day(folder: Path) -> NextDay:
    return generate_next_day(folder, enterprises=ENTERPRISES, seed=SEED, scale=SCALE)


def test_good_files_are_clean_and_of_every_erp(day: NextDay, folder: Path) -> None:
    rows = read(folder, "enterprise_orders").filter(pl.col("file").is_in([path.name for path in day.good]))
    assert rows["_findings"].null_count() == rows.height
    assert len(day.good) == 4
    assert {path.suffix for path in day.good} == {".csv", ".xlsx"}
    assert set(rows["status"]) == {"new", "amended", "cancelled"}


def test_second_versions_are_of_lines_delivered_before(
    day: NextDay, folder: Path, orders: pl.DataFrame
) -> None:
    rows = read(folder, "enterprise_orders").filter(pl.col("file") != day.bad_rows.name)
    key = ["enterprise_uscc", "order_no", "line_no"]
    revised = rows.filter(pl.col("status") != "new")
    known = revised.join(orders, on=key, how="inner")
    assert known.height == revised.height
    assert (known["updated_at"] > known["updated_at_right"]).all()
    assert rows.filter(pl.col("status") == "new").join(orders, on=key, how="semi").is_empty()


def test_five_cells_are_bad_and_no_others(day: NextDay, folder: Path) -> None:
    rows = read(folder, "enterprise_orders").filter(pl.col("file") == day.bad_rows.name)
    assert rows.height == 60
    found = dict(rows.drop_nulls("_findings").select("_line_no", "_findings").iter_rows())
    found |= dict.fromkeys(rows.filter(pl.col("quantity") < 0)["_line_no"], "negative")
    assert {cell.line for cell in day.bad_cells} == set(found)
    assert len(found) == 5


def test_bad_cells_are_where_the_result_says(day: NextDay) -> None:
    content = day.bad_rows.read_bytes()
    text = content.decode("gb18030" if b"\xb6\xa9\xb5\xa5\xba\xc5" in content else "utf-8-sig")
    header, *lines = csv.reader(text.splitlines())

    def cell(bad: BadCell) -> str:
        return lines[bad.line - 2][header.index(bad.column)]

    assert [cell(bad) for bad in day.bad_cells] == [bad.value for bad in day.bad_cells]


def test_the_portals_page_is_refused(day: NextDay, folder: Path) -> None:
    assert day.refused.read_text().startswith("<!DOCTYPE html>")
    with pytest.raises(UnreadableFileError, match="web page"):
        read(folder, "customs_statistics")


def test_declarations_are_of_the_day(day: NextDay, folder: Path) -> None:
    rows = read(folder, "customs_exports")
    assert rows["_findings"].null_count() == rows.height > 0
    assert rows["export_date"].cast(pl.String).unique().to_list() == ["2020-10-01"]
