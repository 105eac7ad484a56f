"""Where tables begin and end: titles above, totals below, several in one file, sheets, archives."""

import gzip
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ledger
import polars as pl
import pytest
import xlsxwriter
from samples import Row, csv_text, delivered, order, orders, write

from include.errors import UnreadableFileError
from include.sources import encodings, read
from include.sources.contract import contract
from include.sources.counts import ReadCounts
from include.sources.profile import PROFILES_DIR, Layout, Profile, read_profile

ReadTable = Callable[..., Any]
SOURCE = "enterprise_orders"
FOUND = Profile(source=SOURCE, header=("订单号", "行号"), stop=("合计", "小计"))


def sheet(book: xlsxwriter.Workbook, name: str, rows: list[list[str]], *, hidden: bool = False) -> None:
    page = book.add_worksheet(name)
    for at, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            page.write_string(at, column, cell)
    if hidden:
        page.hide()


def cells(rows: list[Row]) -> list[list[str]]:
    return [list(rows[0]), *(list(row.values()) for row in rows)]


def lines(text: str) -> str:
    return text.partition("\n")[2]


def summary(table: Any) -> list[tuple[int, int]]:
    return [(row["_line_no"], row["line_no"]) for row in table.rows]


@pytest.fixture(params=["one block", "many blocks"])
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "many blocks":
        monkeypatch.setattr(encodings, "BLOCK_BYTES", 700)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_titles_above_and_totals_below_are_no_rows(
    encoding: str, read_table: ReadTable, tmp_path: Path
) -> None:
    text = f"某某织造,销售明细\n期间：九月\n\n{csv_text(orders(30))}合计,,30\n制表人,行号\n"
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    table = read_table(tmp_path / "a.csv", profile=FOUND)
    assert summary(table) == [(4 + n, n) for n in range(1, 31)]
    assert table.counts.skipped == {"outside of the table": 4}


@pytest.mark.usefixtures("blocks")
def test_a_stop_word_inside_a_quoted_text_stops_nothing(read_table: ReadTable, tmp_path: Path) -> None:
    rows = [order(行号="1", 品名="布\n合计,1,2\n完"), order(行号="2", 品名="合计"), order(行号="3")]
    table = read_table(write(tmp_path / "a.csv", rows), profile=FOUND)
    assert summary(table) == [(2, 1), (5, 2), (6, 3)]


@pytest.mark.usefixtures("blocks")
def test_stacked_tables_have_headers_of_their_own(read_table: ReadTable, tmp_path: Path) -> None:
    first, second = orders(12), orders(14)[12:]
    backwards = csv_text(second, list(order())[::-1])
    unwanted = "退货单号,原因\nR-1,色差\nR-2,破洞\n"
    text = f"{csv_text(first)}小计,,12\n\n{unwanted}小计\n{backwards}合计\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    stacked = Profile(
        source=SOURCE,
        tables=(
            Layout(header=("订单号", "行号"), stop=("小计", "合计")),
            Layout(header=("退货单号",), stop=("小计",), wanted=False),
        ),
    )
    table = read_table(tmp_path / "a.csv", profile=stacked)
    assert [row["line_no"] for row in table.rows] == list(range(1, 15))
    assert {row["order_no"] for row in table.rows} == {"SO-1"}
    assert table.counts.skipped == {"outside of the table": 3, "table 退货单号 is not wanted": 2}
    assert [row["_line_no"] for row in table.rows][-2:] == [21, 22]


def test_a_table_without_its_header_words_is_refused(read_table: ReadTable, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="no row holds the words") as caught:
        read_table(write(tmp_path / "a.csv", [{"甲": "1"}]), profile=FOUND)
    assert caught.value.rule == "header_missing"


def test_without_header_words_only_the_first_table_is_read(read_table: ReadTable, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{csv_text(orders(2))}合计,2\n注：含税\n", encoding="utf-8")
    table = read_table(tmp_path / "a.csv", profile=Profile(source=SOURCE, stop=("合计",)))
    assert (len(table.rows), table.counts.skipped) == (2, {"outside of the table": 2})


def test_a_ledger_of_an_erp_is_read_with_all_its_notations(read_table: ReadTable, tmp_path: Path) -> None:
    profile = read_profile(PROFILES_DIR / "erp_sales_ledger.yml")
    table = read_table(ledger.write(tmp_path), profile=profile)
    assert [
        (
            r["_line_no"],
            r["order_no"],
            r["line_no"],
            str(r["order_date"]),
            r["quantity"],
            r["amount"],
            r["status"],
        )
        for r in table.rows
    ] == [
        (5, "SO-1", 1, "2020-09-01", 1000, 20500, "new"),
        (6, "SO-1", 2, "2020-09-01", pytest.approx(1200.5), 24010, "new"),
        (8, "SO-3", 1, "2020-09-03", 3000, 9000, "amended"),
        (9, "SO-1", 2, "2020-09-05", pytest.approx(-1200.5), -24010, "cancelled"),
    ]
    assert {r["enterprise_uscc"] for r in table.rows} == {"91330781MA0DEN1M4A"}
    assert [r["customer_code"] for r in table.rows] == ["0012", "0012", "0013", "0012"]
    assert [r["_findings"] for r in table.rows] == [None, None, None, "|meets:row|"]
    assert table.unknown_columns == ()
    assert table.counts.skipped == {
        "outside of the table": 4,
        "sheet 填表说明 is not wanted": 1,
        "sheet 码表 is not wanted": 1,
        "样品不计销售 / samples are no sales": 1,
    }


def test_numbering_continues_from_one_sheet_to_the_next(read_table: ReadTable, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet(book, "2020-08", cells(orders(3, 订单号="A")))
        sheet(book, "2020-09", [["九月"], [], *cells(orders(2, 订单号="B"))])
    with pytest.raises(UnreadableFileError, match="have the same header") as caught:
        read_table(write_two_sheets(tmp_path / "b.xlsx"))
    assert caught.value.rule == "sheets_ambiguous"
    both = Profile(source=SOURCE, sheets="all", header=("订单号",))
    table = read_table(path, profile=both)
    assert [(r["order_no"], r["line_no"]) for r in table.rows] == [
        ("A", 1),
        ("A", 2),
        ("A", 3),
        ("B", 1),
        ("B", 2),
    ]
    numbers = [r["_line_no"] for r in table.rows]
    assert numbers == sorted(set(numbers))
    places = [r.place for r in read.records(delivered(path, profile=both), pl.Series(numbers))]
    assert places == [
        *(f"sheet 2020-08, row {n}" for n in (2, 3, 4)),
        *(f"sheet 2020-09, row {n}" for n in (4, 5)),
    ]


def write_two_sheets(path: Path) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet(book, "甲", cells(orders(1)))
        sheet(book, "乙", cells(orders(2)))
    return path


def test_a_hidden_sheet_is_not_read_but_counted(read_table: ReadTable, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet(book, "旧", cells(orders(5)), hidden=True)
        sheet(book, "新", cells(orders(2)))
        book.worksheets()[1].activate()
        book.worksheets()[1].set_first_sheet()
    table = read_table(path)
    assert (len(table.rows), table.counts.skipped) == (2, {"hidden sheet 旧": 6})
    named = read_table(path, profile=Profile(source=SOURCE, sheets=("旧",)))
    assert len(named.rows) == 5


@pytest.mark.parametrize("wanted", ["无此表", 3])
def test_a_missing_sheet_is_refused(wanted: str | int, read_table: ReadTable, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="it has 甲, 乙") as caught:
        read_table(write_two_sheets(tmp_path / "a.xlsx"), profile=Profile(source=SOURCE, sheets=(wanted,)))
    assert caught.value.rule == "sheet_missing"


def test_the_sheets_name_may_give_a_value(read_table: ReadTable, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    without = [{k: v for k, v in row.items() if k != "币种"} for row in orders(1)]
    with xlsxwriter.Workbook(path) as book:
        sheet(book, "内销CNY", cells(without))
        sheet(book, "外销USD", cells([row | {"行号": "2"} for row in without]))
    named = Profile(source=SOURCE, sheets="all", from_sheet_name="(?P<currency>[A-Z]{3})$")
    assert [row["currency"] for row in read_table(path, profile=named).rows] == ["CNY", "USD"]
    wrong = Profile(source=SOURCE, sheets="all", from_sheet_name="^(?P<currency>[A-Z]{3})$")
    with pytest.raises(UnreadableFileError, match="内销CNY") as caught:
        read_table(path, profile=wrong)
    assert caught.value.rule == "name_unexpected"


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_an_archive_is_the_files_in_it(kind: str, read_table: ReadTable, tmp_path: Path) -> None:
    path = tmp_path / f"a.csv.{kind}"
    second = csv_text([order(行号="4")], list(order())[::-1])
    if kind == "gz":
        path.write_bytes(gzip.compress(csv_text(orders(3)).encode("gb18030")))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("__MACOSX/._1.csv", b"litter")
            archive.writestr("一/1.csv", csv_text(orders(3)).encode("gb18030"))
            archive.writestr("一/2.csv", second)
    table = read_table(path)
    assert [row["line_no"] for row in table.rows] == [1, 2, 3] + ([4] if kind == "zip" else [])
    places = [
        r.place for r in read.records(delivered(path), pl.Series([row["_line_no"] for row in table.rows]))
    ]
    inner = "a.csv" if kind == "gz" else "一/1.csv"
    assert places[:3] == [f"{inner} in {path.name}, line {n}" for n in (2, 3, 4)]
    assert list((tmp_path / "unpacked").iterdir()) == []


def test_a_kind_that_the_profile_does_not_expect_is_refused(read_table: ReadTable, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="is text, the profile expects xlsx") as caught:
        read_table(write(tmp_path / "a.csv", orders(1)), profile=Profile(source=SOURCE, kinds=("xlsx",)))
    assert caught.value.rule == "kind_unexpected"


def test_values_of_the_file_name(read_table: ReadTable, tmp_path: Path) -> None:
    named = Profile(source=SOURCE, from_file_name=r"^(?P<enterprise_uscc>\w{18})_(?P<currency>[A-Z]{3})?")
    without = [h for h in order() if h not in ("统一社会信用代码", "币种")]
    path = write(tmp_path / "91110000600037341L_USD.csv", orders(1), columns=without)
    (row,) = read_table(path, profile=named).rows
    assert (row["enterprise_uscc"], row["currency"]) == ("91110000600037341L", "USD")
    with pytest.raises(UnreadableFileError, match="rename it") as caught:
        read_table(write(tmp_path / "b.csv", orders(1), columns=without), profile=named)
    assert caught.value.rule == "name_unexpected"


@pytest.mark.parametrize(("quote", "text"), [("'", "'牛仔布,12''盎司'"), ("none", '牛仔布 5" x 3')])
def test_other_quotes_or_none(quote: str, text: str, read_table: ReadTable, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(csv_text(orders(1)).replace("牛仔布", text), encoding="utf-8")
    (row,) = read_table(path, profile=Profile(source=SOURCE, quote=quote)).rows
    assert row["product_name"] == (text if quote == "none" else "牛仔布,12'盎司")


def test_filtered_rows_are_counted_by_reason(read_table: ReadTable, tmp_path: Path) -> None:
    no_sample = Profile.model_validate(
        {"source": SOURCE, "skip": [{"where": "品名 LIKE '%样品%'", "reason": "sample"}]}
    )
    text = csv_text([order(行号="1"), order(行号="2", 品名="样品 A"), order(行号="3", 品名="")])
    path = tmp_path / "a.csv"
    path.write_text(text + "一,格\n", encoding="utf-8")
    table = read_table(path, profile=no_sample)
    assert [(row["line_no"], row["_line_no"]) for row in table.rows] == [(1, 2), (3, 4), (None, 5)]
    assert table.counts.skipped == {"sample": 1}


def test_a_cancellation_without_a_key_is_a_document_of_its_own(read_table: ReadTable, tmp_path: Path) -> None:
    own = Profile.model_validate({"source": SOURCE, "cancellations": {"where": "订单号 LIKE 'C%'"}})
    rows = [order(订单号="C1"), order(订单号="1"), order(订单号="")]
    read_rows = read_table(write(tmp_path / "a.csv", rows), profile=own).rows
    assert [(r["order_no"], r["status"]) for r in read_rows] == [
        ("C1", "cancelled"),
        ("1", "new"),
        (None, "new"),
    ]


def test_a_quote_within_a_cell_hides_no_second_header(read_table: ReadTable, tmp_path: Path) -> None:
    first = csv_text([order(行号="1", 客户名称='60" wide')]).replace('"60"" wide"', '60" wide')
    names = [{"数量": "金额", "金额": "数量"}.get(name, name) for name in order()]
    second = csv_text([order(行号="2", 数量="10", 金额="20")], names)
    (tmp_path / "a.csv").write_text(first + second, encoding="utf-8")
    rows = read_table(tmp_path / "a.csv", profile=FOUND).rows
    assert [(r["line_no"], r["quantity"], r["amount"]) for r in rows] == [(1, 1000, 20500), (2, 10, 20)]


def test_a_header_in_other_letters_is_a_header(read_table: ReadTable, tmp_path: Path) -> None:
    english = {"订单号": "Order No", "行号": "Line No"}
    names = [english.get(name, name) for name in order()]
    body = csv_text(orders(1)).partition("\n")[2]
    text = ",".join(names) + "\n" + body + ",".join(names).upper() + "\n" + body
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    rows = read_table(tmp_path / "a.csv", profile=Profile(source=SOURCE, header=("Order No", "Line No"))).rows
    assert [(r["_line_no"], r["line_no"]) for r in rows] == [(2, 1), (4, 1)]


def test_a_name_that_begins_like_a_stop_word_is_a_row(read_table: ReadTable, tmp_path: Path) -> None:
    names = ["客户名称", *(name for name in order() if name != "客户名称")]
    rows = [order(行号="1", 客户名称="Total Textiles"), order(行号="2", 客户名称="合计纺织")]
    text = csv_text(rows, names) + "Total: 2\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    stops = Profile(source=SOURCE, stop=("Total", "合计"))
    table = read_table(tmp_path / "a.csv", profile=stops)
    assert ([r["line_no"] for r in table.rows], table.counts.skipped) == ([1, 2], {"outside of the table": 1})


def test_stop_words_everywhere_do_not_slow_the_search(read_table: ReadTable, tmp_path: Path) -> None:
    rows = [order(行号=str(n), 品名="合计布") for n in range(1, 20_001)]
    begin = time.monotonic()
    table = read_table(write(tmp_path / "a.csv", rows), profile=Profile(source=SOURCE, stop=("合计",)))
    assert (len(table.rows), time.monotonic() - begin < 5) == (20_000, True)


def test_the_last_row_of_a_table_is_returned_without_the_lines_after_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(csv_text(orders(2)) + "合计,2\n制表人：某\n", encoding="utf-8")
    last = read.records(delivered(path, profile=Profile(source=SOURCE, stop=("合计",))), pl.Series([3]))
    assert [record.raw_line.count("\n") for record in last] == [0]


@pytest.mark.parametrize("ragged", [False, True])
def test_an_empty_cell_is_missing_for_any_cells_beside_it(
    ragged: bool, read_table: ReadTable, tmp_path: Path
) -> None:
    named = Profile.model_validate(
        {"source": SOURCE, "computed": {"customer_name": "COALESCE(客户名称, 订单号)"}}
    )
    text = csv_text([order(客户名称="")]) + ("one,field\n" if ragged else "")
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert read_table(tmp_path / "a.csv", profile=named).rows[0]["customer_name"] == "SO-1"


def test_a_table_over_two_sheets_with_titles_is_refused_and_not_read_by_half(
    read_table: ReadTable, tmp_path: Path
) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet(book, "上半月", [["九月上"], *cells(orders(1))])
        sheet(book, "下半月", [["九月下"], *cells(orders(2))])
    with pytest.raises(UnreadableFileError, match="have the same header"):
        read_table(path, profile=Profile(source=SOURCE, header=("订单号", "行号")))


def test_the_kind_of_a_workbook_is_found_by_its_bytes(read_table: ReadTable, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet(book, "甲", cells(orders(2)))
    assert len(read_table(path.rename(tmp_path / "a.xls")).rows) == 2
    assert len(read_table(write(tmp_path / "b.xlsx", orders(3))).rows) == 3


def test_characters_that_two_encodings_share_are_not_guessed(read_table: ReadTable, tmp_path: Path) -> None:
    english = dict(zip(order(), contract(SOURCE).names, strict=True))
    row = {
        english[name]: value
        for name, value in order(
            客户名称="", 品名="双色", 国家地区="CHN", 省份="44", 单位="m", 状态="new"
        ).items()
    }
    path = write(tmp_path / "a.csv", [row], "gb18030")
    with pytest.raises(UnreadableFileError, match="UTF-8 and as GB18030"):
        read_table(path)
    named = Profile(source=SOURCE, encoding="gb18030")
    assert read_table(path, profile=named).rows[0]["product_name"] == "双色"
    with pytest.raises(UnreadableFileError, match="not valid gb18030"):
        read_table(write(tmp_path / "b.csv", [order(客户名称="广州纺织")]), profile=named)


def test_an_open_document_sheet_is_read_like_a_workbook(read_table: ReadTable, tmp_path: Path) -> None:
    def text_cell(value: str) -> str:
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'

    rows = "".join(
        f"<table:table-row>{''.join(map(text_cell, row))}</table:table-row>" for row in cells(orders(2))
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:body>'
        f'<office:spreadsheet><table:table table:name="甲">{rows}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", '<?xml version="1.0"?><manifest/>')
        archive.writestr("content.xml", content)
    table = read_table(path, profile=Profile(source=SOURCE, kinds=("ods",)))
    assert [(row["line_no"], row["_findings"]) for row in table.rows] == [(1, None), (2, None)]


def test_rows_are_counted_as_delivered_before_any_filter(tmp_path: Path) -> None:
    no_sample = Profile.model_validate(
        {"source": SOURCE, "skip": [{"where": "品名 = '样品'", "reason": "sample"}]}
    )
    path = write(tmp_path / "a.csv", [*orders(3), order(行号="4", 品名="样品")])
    (block,) = read.blocks(delivered(path, profile=no_sample), ReadCounts())
    assert (block.rows.height, block.delivered) == (3, 4)
