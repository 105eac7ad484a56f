"""A manifest gives the values that a file lacks, and may not contradict the file."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from samples import cell, write_download

from include.errors import UnreadableFileError
from include.sources.contract import contract
from include.sources.manifest import manifest
from include.sources.profile import Profile

ReadTable = Callable[..., Any]
SOURCE = "customs_statistics"


def test_a_manifest_fills_the_columns_that_the_file_lacks(read_table: ReadTable, tmp_path: Path) -> None:
    row = cell()
    del row["数据年月"]
    path = write_download(tmp_path / "a.csv", [row], "flow: 出口\nmonth: 2020-09\n")
    rows = read_table(path, SOURCE).rows
    assert [(r["month"], r["flow"], r["currency"]) for r in rows] == [(dt.date(2020, 9, 1), "export", "CNY")]


def test_a_manifest_overrides_a_profile(read_table: ReadTable, tmp_path: Path) -> None:
    path = write_download(tmp_path / "a.csv", [cell()], "flow: import\n")
    profile = Profile(source=SOURCE, constants={"flow": "export"})
    assert read_table(path, SOURCE, profile).rows[0]["flow"] == "import"


def test_dimensions_the_query_did_not_split_by_are_totals(read_table: ReadTable, tmp_path: Path) -> None:
    keep = ("数据年月", "商品编码", "第一数量", "第一计量单位", "人民币")
    row = {name: value for name, value in cell().items() if name in keep}
    read = read_table(write_download(tmp_path / "a.csv", [row]), SOURCE).rows[0]
    assert (read["partner_code"], read["regime_code"], read["province_code"]) == ("ALL", "ALL", "ALL")


@pytest.mark.parametrize(
    ("code", "name"),
    [("贸易伙伴编码", "partner_code"), ("贸易方式编码", "regime_code"), ("注册地编码", "province_code")],
)
def test_names_without_codes_are_no_total(
    code: str, name: str, read_table: ReadTable, tmp_path: Path
) -> None:
    row = {header: value for header, value in cell().items() if header != code}
    path = write_download(tmp_path / "a.csv", [row])
    with pytest.raises(
        UnreadableFileError, match=rf"a\.csv: no column for {name} \(one of: {code}"
    ) as caught:
        read_table(path, SOURCE)
    assert caught.value.rule == "column_missing"
    with_code = write_download(tmp_path / "b.csv", [row], f"flow: export\n{name}: '33'\n")
    assert read_table(with_code, SOURCE).rows[0][name] == "33"


@pytest.mark.parametrize("text", ["partner_code: 045", "partner_code: '045'"])
def test_codes_in_a_manifest_keep_their_leading_zeros(
    text: str, read_table: ReadTable, tmp_path: Path
) -> None:
    row = {name: value for name, value in cell().items() if not name.startswith("贸易伙伴")}
    path = write_download(tmp_path / "a.csv", [row], f"flow: export\n{text}\n")
    assert read_table(path, SOURCE).rows[0]["partner_code"] == "045"


@pytest.mark.parametrize(
    "text", ["month: 2020-09", "month: 202009", "month: 2020-09-01", "currency: cny", "partner_code: 141"]
)
def test_a_manifest_may_repeat_the_file(text: str, read_table: ReadTable, tmp_path: Path) -> None:
    path = write_download(tmp_path / "a.csv", [cell()], f"flow: export\n{text}\n")
    assert len(read_table(path, SOURCE).rows) == 1


@pytest.mark.parametrize(
    "text", ["month: 2020-08", "currency: USD", "partner_code: 142", "province_code: 44"]
)
def test_a_manifest_that_contradicts_the_file_is_refused(
    text: str, read_table: ReadTable, tmp_path: Path
) -> None:
    path = write_download(tmp_path / "a.csv", [cell()], f"flow: export\n{text}\n")
    with pytest.raises(UnreadableFileError, match=text.split(":")[0]) as caught:
        read_table(path, SOURCE)
    assert caught.value.rule == "manifest_contradicts"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("flow: export\nmonat: 2020-09", "monat"),
        ("flow: export\nfiltered_by: [land]", "land"),
        ("flow: export\nfiltered_by: partner_code", "filtered_by"),
        ("flow: [export, import]", "flow"),
        ("flow: sideways", "flow"),
        ("flow:", "flow"),
        ("flow: export\nmonth: 2020-13", "month"),
        ("complete: perhaps", "complete"),
        ("- flow", "name: value"),
        ("flow: {", r"a\.csv\.yml"),
        ("flow: \x00", r"a\.csv\.yml"),
    ],
)
def test_a_wrong_manifest_is_refused_by_name_and_key(
    text: str, named: str, read_table: ReadTable, tmp_path: Path
) -> None:
    path = write_download(tmp_path / "a.csv", [cell()], text)
    with pytest.raises(UnreadableFileError, match=named) as caught:
        read_table(path, SOURCE)
    assert "a.csv" in str(caught.value)
    assert caught.value.rule == "manifest_wrong"


@pytest.mark.parametrize(("name", "without"), [("flow", ()), ("month", ("数据年月",))])
def test_a_value_without_a_source_is_refused_and_not_guessed(
    name: str, without: tuple[str, ...], read_table: ReadTable, tmp_path: Path
) -> None:
    row = {header: value for header, value in cell().items() if header not in without}
    path = write_download(tmp_path / "a.csv", [row], None if name == "flow" else "flow: export\n")
    with pytest.raises(UnreadableFileError, match=rf"write `{name}: ...` into a.csv.yml") as caught:
        read_table(path, SOURCE)
    assert caught.value.rule == "value_nowhere"


def test_a_manifest_may_confirm_a_download_and_name_its_filters(tmp_path: Path) -> None:
    path = write_download(
        tmp_path / "a.csv", [cell()], "complete: true\nfiltered_by: [partner_code, province_code]\n"
    )
    found = manifest(path, contract(SOURCE))
    assert (found.complete, found.filtered_by, found.values) == (True, ("partner_code", "province_code"), {})
    assert not manifest(write_download(tmp_path / "b.csv", [cell()], None), contract(SOURCE)).complete
