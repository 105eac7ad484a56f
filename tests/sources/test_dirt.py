"""Every kind of dirty file, one file each, loaded in one batch; docs/dirt.md is its table."""

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from samples import Row, cell, cells, csv_text, item, items, load, order, orders, query, write_download

from include.load.load_log import FileResult
from include.settings import PROJECT_DIR, Settings

Make = Callable[[Path], Path]
# Good rows beside the bad one: one row in ten is within the tolerance of a file.
GOOD = 10


@dataclass(frozen=True)
class Dirt:
    """A dirty file and its expected verdict.

    ``rejected`` maps lines to the rules they break; ``reads`` is columns of the last row, and its values.
    """

    make: Make
    status: str = "accepted"
    rule: str = ""
    unchanged: int = 0
    rejected: dict[int, list[str]] = field(default_factory=dict)
    repairs: dict[str, int] = field(default_factory=dict)
    reads: tuple[str, list[tuple[Any, ...]]] | None = None


def own(path: Path, content: str) -> str:
    """The content with order and declaration numbers of this file only."""
    number = f"{zlib.crc32(path.name.encode()):010}"
    return content.replace("SO-1", f"SO-{number}").replace("310120200000000001", f"3101202{number}1")


def text(content: str) -> Make:
    def make(path: Path) -> Path:
        path.write_bytes(own(path, content).encode())
        return path

    return make


def bad(**changes: str) -> str:
    """Ten good order lines and one with these changes, in line 12."""
    return csv_text([*orders(GOOD), order(行号="11", **changes)])


def bad_item(**changes: str) -> str:
    return csv_text([*items(GOOD), item(项号="11", **changes)])


def workbook(*rows: list[Any], hidden: list[list[Any]] | None = None) -> Make:
    def make(path: Path) -> Path:
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            for at, cells_of_row in enumerate(rows):
                for column, value in enumerate(cells_of_row):
                    if isinstance(value, str) and value.startswith("{="):
                        formula, _, result = value[1:].partition("}")
                        sheet.write_formula(at, column, formula, value=result)
                    elif isinstance(value, str):
                        sheet.write_string(at, column, own(path, value))
                    elif value is not None:
                        sheet.write_number(at, column, value)
            if hidden:
                other = book.add_worksheet("hidden")
                for at, cells_of_row in enumerate(hidden):
                    other.write_row(at, 0, cells_of_row)
                other.hide()
        return path

    return make


def grid(rows: list[Row], **changes: Any) -> list[list[Any]]:
    """The rows as cells under their header, the last one with changes."""
    return [list(rows[0]), *(list(row.values()) for row in rows[:-1]), list((rows[-1] | changes).values())]


def two_encodings(path: Path) -> Path:
    *first, last = bad().splitlines(keepends=True)
    path.write_bytes("".join(first).encode() + last.encode("gb18030"))
    return path


LAST = bad().splitlines()[-1]

ORDERS: dict[str, Dirt] = {
    "nul_bytes.csv": Dirt(text(bad(品名="牛\0仔布")), repairs={"nul_removed": 1}),
    "tabs_before_separators.csv": Dirt(
        text(bad().replace(",", "\t,")), repairs={"blanks_trimmed": 15 * (GOOD + 1)}
    ),
    "line_break_in_quotes.csv": Dirt(
        text(bad(品名="牛仔布\n12盎司")), reads=("product_name", [("牛仔布\n12盎司",)])
    ),
    "unbalanced_quote.csv": Dirt(
        text(csv_text(orders(300)).replace("牛仔布", '"牛仔布', 1)), "refused", "quote_unbalanced"
    ),
    "field_too_few.csv": Dirt(text(bad().rstrip("\n").rsplit(",", 1)[0]), rejected={12: ["row_is_whole"]}),
    "field_too_many.csv": Dirt(text(bad().rstrip("\n") + ",x\n"), rejected={12: ["row_is_whole"]}),
    "comma_behind_each_row.csv": Dirt(
        text("\n".join(line + "," * (n > 0) for n, line in enumerate(bad().splitlines()))),
        "refused",
        "rejected_share_within_tolerance",
    ),
    "full_width.csv": Dirt(
        text(bad(订单号="ＳＯ－１", 数量="１０００", 金额="２０５００．００")),
        repairs={"full_width_as_half_width": 3},
        reads=("order_no, quantity, amount", [("SO-1", 1000, 20500)]),
    ),
    "non_breaking_spaces.csv": Dirt(
        text(bad(订单号="\u00a0SO-9\u00a0", 金额="\u00a020500.00", 订单日期="2020-09-01\u00a0")),
        repairs={"blanks_trimmed": 3},
        reads=("order_no, amount", [("SO-9", 20500)]),
    ),
    "two_encodings.csv": Dirt(
        two_encodings,
        "refused",
        "encoding_unknown",
    ),
    "byte_order_mark_within.csv": Dirt(
        text(bad().replace(LAST, "\ufeff" + LAST)),
        repairs={"byte_order_mark_removed": 1},
        reads=("enterprise_uscc", [("91110000600037341L",)]),
    ),
    "one_file_behind_another.csv": Dirt(
        text(csv_text(orders(GOOD)) + "\ufeff" + csv_text([order(行号="11")])),
        rejected={12: ["row_is_no_header"]},
        repairs={"byte_order_mark_removed": 1},
    ),
    "thousands_marks.csv": Dirt(text(bad(金额="20,500.00")), rejected={12: ["amount_readable"]}),
    "trailing_minus.csv": Dirt(
        text(bad(数量="1000-", 金额="20500.00-", 状态="取消")),
        repairs={"trailing_minus": 2},
        reads=("quantity, amount", [(-1000, -20500)]),
    ),
    "scientific_code.csv": Dirt(
        text(bad(订单号="1.2E+05", 商品编码="5.2E+07")),
        rejected={12: ["order_no_intact", "hs_code_intact"]},
    ),
    "short_date.csv": Dirt(text(bad(订单日期="06-05-21")), rejected={12: ["order_date_readable"]}),
    "excel_serial.csv": Dirt(text(bad(订单日期="44075")), rejected={12: ["order_date_readable"]}),
    "chinese_date.csv": Dirt(
        text(bad(订单日期="2020年9月8日", 更新时间="2020-09-08 10:30:00")),
        reads=("order_date::text", [("2020-09-08",)]),
    ),
    "thirteenth_month.csv": Dirt(text(bad(订单日期="2020-13-01")), rejected={12: ["order_date_readable"]}),
    "29_february.csv": Dirt(
        text(
            csv_text(
                [
                    *orders(GOOD),
                    order(行号="11", 订单日期="2019-02-29"),
                    order(行号="12", 订单日期="2020-02-29", 发货日期=""),
                ]
            )
        ),
        rejected={12: ["order_date_readable"]},
        reads=("order_date::text", [("2020-02-29",)]),
    ),
    "error_values.csv": Dirt(
        text(csv_text([*orders(GOOD), order(行号="11", 数量="#N/A"), order(行号="12", 品名="#REF!")])),
        rejected={12: ["quantity_required"]},
        repairs={"error_value_is_missing": 2},
        reads=("product_name", [(None,)]),
    ),
    "formula_text.csv": Dirt(
        text(bad(品名="=cmd|' /C calc'!A0")), reads=("product_name", [("=cmd|' /C calc'!A0",)])
    ),
    "formula.xlsx": Dirt(
        workbook(*grid(orders(GOOD + 1), 数量="{=1+1}2", 金额="{=1+1}41")),
        reads=("quantity, amount", [(2, 41)]),
    ),
    "formula_uncalculated.xlsx": Dirt(
        workbook(*grid(orders(GOOD + 1), 数量="{=1+1}")), "refused", "formula_uncalculated"
    ),
    "error_cell.xlsx": Dirt(
        workbook(*grid(orders(GOOD + 1), 数量="{=1/0}#DIV/0!")),
        rejected={12: ["quantity_required"]},
        repairs={"error_value_is_missing": 1},
    ),
    "merged_header.xlsx": Dirt(
        workbook([*list(order())[:-1], None], *grid(orders(GOOD + 1))[1:]), "refused", "column_missing"
    ),
    "hidden_sheet.xlsx": Dirt(workbook(*grid(orders(GOOD + 1)), hidden=grid(orders(3)))),
    "total_row.csv": Dirt(
        text(bad() + "合计" + "," * (len(order()) - 1) + "\n"), rejected={13: ["row_is_no_total"]}
    ),
    "duplicate_lines.csv": Dirt(text(csv_text([*orders(GOOD), *orders(2)])), unchanged=2),
    "one_line_two_contents.csv": Dirt(
        text(csv_text([*orders(GOOD), order(行号="3", 数量="2000", 金额="41000.00")])),
        rejected={4: ["row_is_unambiguous"], 12: ["row_is_unambiguous"]},
    ),
    "future_day.csv": Dirt(
        text(bad(订单日期="2099-01-01", 发货日期="")), rejected={12: ["order_date_not_in_future"]}
    ),
    "version_from_the_future.csv": Dirt(
        text(bad(更新时间="2099-09-01 10:30:00")), rejected={12: ["updated_at_not_in_future"]}
    ),
    "version_before_its_order.csv": Dirt(
        text(bad(更新时间="2020-07-31 23:59:59")), rejected={12: ["updated_at_not_before_order"]}
    ),
    "rounded_order_number.csv": Dirt(
        text(bad(订单号="202009011234567000")), rejected={12: ["order_no_intact"]}
    ),
    "two_orders_rounded_to_one.csv": Dirt(
        text(
            csv_text(
                [
                    *orders(GOOD),
                    order(订单号="2020090112345670"),
                    order(订单号="2020090112345670", 客户编码="C002", 更新时间="2020-09-02 10:30:00"),
                ]
            )
        ),
        rejected={12: ["order_no_intact"], 13: ["order_no_intact"]},
    ),
    "rounded_customers.csv": Dirt(
        text(
            csv_text(
                [
                    *orders(3 * GOOD),
                    *(order(行号=n, 客户编码=f"{n}0090112345670") for n in ("310", "320", "330")),
                ]
            )
        ),
        rejected={line: ["customer_code_intact"] for line in (32, 33, 34)},
    ),
    "an_order_number_that_ends_in_zero.csv": Dirt(text(bad(订单号="2020090187654320"))),
}
EXPORTS: dict[str, Dirt] = {
    "lost_zero_of_a_mode.csv": Dirt(
        text(bad_item(监管方式="110")),
        repairs={"leading_zero_restored": 1},
        reads=("trade_mode", [("0110",)]),
    ),
    "lost_zero_of_a_unit.csv": Dirt(
        text(bad_item(法定第一单位="30")), repairs={"leading_zero_restored": 1}, reads=("unit_1", [("m",)])
    ),
    "lost_zero_that_could_be_two.csv": Dirt(
        text(bad_item(法定第一单位="7")), rejected={12: ["unit_1_readable"]}
    ),
    "lost_zero_of_an_hs_code.csv": Dirt(
        text(bad_item(商品编码="5208120")), rejected={12: ["hs_code_digits"]}
    ),
    "scientific_identifier.csv": Dirt(
        text(bad_item(报关单号="3.1012E+17")), rejected={12: ["declaration_no_intact"]}
    ),
    "rounded_identifiers.csv": Dirt(
        text(csv_text(items(GOOD, 报关单号="310120200000000000"))),
        "refused",
        "rejected_share_within_tolerance",
    ),
    "declaration_from_the_future.csv": Dirt(
        text(bad_item(更新时间="2099-09-01 10:30:00")), rejected={12: ["updated_at_not_in_future"]}
    ),
    "rounded_in_a_workbook.xlsx": Dirt(
        workbook(*grid(items(GOOD + 1), 报关单号=310120200000000001)),
        rejected={12: ["declaration_no_intact"]},
    ),
    "an_identifier_that_ends_in_zeros.csv": Dirt(text(bad_item(报关单号="310120200000001000"))),
}


@pytest.fixture(scope="module")
def results(
    module_warehouse: Settings, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[str, FileResult]]:
    """Every file through the gate; each has order or declaration numbers of its own."""
    found: dict[str, tuple[str, FileResult]] = {}
    for source, dirty in (("enterprise_orders", ORDERS), ("customs_exports", EXPORTS)):
        folder = tmp_path_factory.mktemp(source)
        paths = [dirt.make(folder / name) for name, dirt in dirty.items()]
        for path, result in zip(paths, load(module_warehouse, source, *paths), strict=True):
            found[path.name] = (source, result)
    return found


@pytest.mark.parametrize("name", [*ORDERS, *EXPORTS])
def test_dirt_is_repaired_refused_or_quarantined(
    name: str, results: dict[str, tuple[str, FileResult]], module_warehouse: Settings
) -> None:
    dirt = (ORDERS | EXPORTS)[name]
    source, result = results[name]
    assert result.status == dirt.status, result.message
    if dirt.status == "refused":
        assert dirt.rule in result.failed_rules
        assert name in result.message
        return
    assert result.repairs == dirt.repairs
    rejected = query(
        module_warehouse,
        "select line_no, rule_codes from ops.quarantine where load_id = %s order by 1",
        result.load_id,
    )
    assert {line: set(codes) for line, codes in rejected} == {k: set(v) for k, v in dirt.rejected.items()}
    assert result.quarantined == len(dirt.rejected)
    if dirt.reads:
        columns, answer = dirt.reads
        last = f"select {columns} from raw.{source} where _load_id = %s order by _line_no desc limit 1"
        assert query(module_warehouse, last, result.load_id) == answer


def test_the_table_of_dirt_names_every_case_and_no_other() -> None:
    table = (PROJECT_DIR / "docs" / "dirt.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w.]+\.(?:csv|xlsx))`", table))
    assert named == {*ORDERS, *EXPORTS, *STATISTICS}


STATISTICS = {
    "10000_rows.csv",
    "other_currency.csv",
    "revised_slice.csv",
    "future_month.csv",
    "null_unit.csv",
}


def download(path: Path, rows: list[Row]) -> Path:
    return write_download(path, rows)


def test_a_statistics_download_of_exactly_10000_rows_is_refused(warehouse: Settings, tmp_path: Path) -> None:
    rows = [cell(商品编码=f"52{n:06}") for n in range(10_000)]
    path = download(tmp_path / "10000_rows.csv", rows)
    (refused,) = load(warehouse, "customs_statistics", path)
    assert (refused.status, refused.failed_rules) == ("refused", ["download_is_complete"])


def test_the_other_currency_is_another_figure(warehouse: Settings, tmp_path: Path) -> None:
    load(warehouse, "customs_statistics", download(tmp_path / "cny.csv", cells(2)))
    dollars = [{("美元" if k == "人民币" else k): v for k, v in row.items()} for row in cells(2, 人民币="9")]
    load(warehouse, "customs_statistics", download(tmp_path / "other_currency.csv", dollars))
    both = query(warehouse, "select currency, count(*) from raw.customs_statistics group by 1 order by 1")
    assert both == [("CNY", 2), ("USD", 2)]


def test_a_revised_slice_replaces_and_leaves_the_old_one_readable(
    warehouse: Settings, tmp_path: Path
) -> None:
    load(warehouse, "customs_statistics", download(tmp_path / "first.csv", cells(3)))
    load(warehouse, "customs_statistics", download(tmp_path / "revised_slice.csv", cells(3, 人民币="7")))
    assert query(warehouse, "select distinct value from raw.customs_statistics") == [(7,)]
    old = "select distinct value from raw.customs_statistics_history"
    assert query(warehouse, old) == [(5848714,)]


def test_a_month_in_the_future_and_a_null_unit(warehouse: Settings, tmp_path: Path) -> None:
    future = download(
        tmp_path / "future_month.csv", [*cells(10), cell(商品编码="52099999", 数据年月="209901")]
    )
    nulls = download(tmp_path / "null_unit.csv", [cell(第二计量单位="\0", 商品编码="52090001")])
    first, second = load(warehouse, "customs_statistics", future, nulls)
    assert (first.quarantined, first.failed_rules) == (1, ["month_not_in_future"])
    assert (second.status, second.repairs) == ("accepted", {"nul_removed": 1})
