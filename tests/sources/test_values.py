"""How text becomes a value: decimals exact, dates in any usual notation, words to codes; or a finding."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import cell, item, order, write, write_download

ReadTable = Callable[..., Any]
SHANGHAI = ZoneInfo("Asia/Shanghai")
_quick = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


@pytest.fixture
def column(read_table: ReadTable, tmp_path: Path) -> Callable[..., list[tuple[Any, str | None]]]:
    """(value, findings) of one column for each of the texts; every row is good otherwise."""

    def read(header: str, name: str, texts: list[str], of: str = "enterprise_orders") -> list[Any]:
        make = {"enterprise_orders": order, "customs_exports": item, "customs_statistics": cell}[of]
        rows = [make(**{header: text}) for text in texts]
        path = tmp_path / "values.csv"
        write_download(path, rows) if of == "customs_statistics" else write(path, rows)
        return [(row[name], row["_findings"]) for row in read_table(path, of).rows]

    return read


def _values(read: list[tuple[Any, str | None]]) -> list[Any]:
    assert [findings for _, findings in read if findings] == []
    return [value for value, _ in read]


def _unreadable(read: list[tuple[Any, str | None]], name: str) -> None:
    assert read == [(None, f"|unreadable:{name}|")] * len(read)


def test_decimals_are_exact(column: Any) -> None:
    texts = ["0.1", "1000000000000.01", "-9007199254740993.55", "99999999999999.99", "+7", ".5", "7.", "007"]
    assert _values(column("金额", "amount", texts)) == [Decimal(t) for t in texts]
    assert _values(column("单价", "unit_price", ["0.000001", "123456789012.123456"])) == [
        Decimal("0.000001"),
        Decimal("123456789012.123456"),
    ]


def test_surplus_decimals_are_rounded_half_away_from_zero(column: Any) -> None:
    assert _values(column("金额", "amount", ["0.005", "0.015", "-0.005", "2.675", "1.00499999"])) == [
        Decimal(t) for t in ("0.01", "0.02", "-0.01", "2.68", "1.00")
    ]


def test_numbers_in_full_width_and_with_blanks_are_read(column: Any) -> None:
    assert _values(column("金额", "amount", ["１２３．５０", " 7 ", "\u30008\u3000"])) == [
        Decimal("123.50"),
        7,
        8,
    ]


def test_what_is_no_plain_decimal_is_a_finding(column: Any) -> None:
    texts = ["1e5", "NaN", "inf", "1,000", "12.3.4", "--5", "5--", "¥5", "0x10", "1 000", "twelve", "-", "."]
    _unreadable(column("金额", "amount", texts), "amount")


def test_a_number_that_does_not_fit_its_column_is_a_finding(column: Any) -> None:
    too_large = ["10000000000000000.00", "9" * 40, "9999999999999999.999"]
    _unreadable(column("金额", "amount", too_large), "amount")
    _unreadable(
        column("第一数量", "quantity_1", ["100000000000000", "99999999999999.99999"], "customs_statistics"),
        "quantity_1",
    )


@_quick
@given(st.lists(st.decimals(min_value=-(10**13), max_value=10**13, places=4), min_size=1, max_size=20))
def test_any_decimal_is_read_to_the_last_digit(column: Any, numbers: list[Decimal]) -> None:
    assert _values(column("数量", "quantity", [format(n, "f") for n in numbers])) == numbers


def test_thousands_commas_are_read_where_the_portal_writes_them(column: Any) -> None:
    read = column("人民币", "value", ["5,917,063,944", "0", "12", "1,234.50"], "customs_statistics")
    assert _values(read) == [5917063944, 0, 12, Decimal("1234.50")]
    _unreadable(
        column("人民币", "value", ["1,23", "12,34,567", ",5", "1,0000"], "customs_statistics"), "value"
    )


def test_a_question_mark_is_a_missing_unit_and_its_quantity_is_missing(
    read_table: ReadTable, tmp_path: Path
) -> None:
    given_rows = [
        cell(第二数量=quantity, 第二计量单位=unit)
        for quantity, unit in (("0", "?"), ("5", "千克"), ("x", "?"))
    ]
    rows = read_table(write_download(tmp_path / "a.csv", given_rows), "customs_statistics").rows
    assert [(row["quantity_2"], row["unit_2"], row["_findings"]) for row in rows] == [
        (None, None, None),
        (5, "kg", None),
        (None, None, "|unreadable:quantity_2|"),
    ]


@pytest.mark.parametrize(
    "texts",
    [
        [
            "2020-09-01",
            "2020/09/01",
            "20200901",
            "2020年09月01日",
            "2020.09.01",
            "2020-9-1",
            "2020/9/1",
            "2020年9月1日",
        ],
        [
            "2020-09-01 00:00:00",
            "2020-09-01T13:45",
            "2020/9/1 8:05:00",
            "20200901235959",
            "２０２０－０９－０１",
        ],
    ],
)
def test_dates_in_every_usual_notation(texts: list[str], column: Any) -> None:
    assert _values(column("订单日期", "order_date", texts)) == [dt.date(2020, 9, 1)] * len(texts)


def test_what_is_no_certain_date_is_a_finding(column: Any) -> None:
    texts = [
        "2020-13-01",
        "2020-02-30",
        "20-09-01",
        "1/9/2020",
        "01.09.2020",
        "2020115",
        "44075",
        "soon",
        "12020-01-01",
    ]
    _unreadable(column("订单日期", "order_date", texts), "order_date")


def test_the_years_of_trade_statistics_are_read_and_others_are_not(column: Any) -> None:
    assert _values(column("发货日期", "ship_date", ["1992-01-31", "2099-12-31"])) == [
        dt.date(1992, 1, 31),
        dt.date(2099, 12, 31),
    ]
    _unreadable(
        column("发货日期", "ship_date", ["0020-09-01", "0001-01-01", "9999-12-31", "1899-12-30"]), "ship_date"
    )


def test_timestamps_are_shanghai_time(column: Any) -> None:
    texts = [
        "2020-09-01 10:30:00",
        "2020/9/1 10:30",
        "2020-09-01T10:30:00.250",
        "20200901103000",
        "2020-09-01",
    ]
    wanted = [(10, 30, 0), (10, 30, 0), (10, 30, 0, 250_000), (10, 30, 0), (0, 0)]
    assert _values(column("更新时间", "updated_at", texts)) == [
        dt.datetime(2020, 9, 1, *clock, tzinfo=SHANGHAI) for clock in wanted
    ]
    _unreadable(
        column("更新时间", "updated_at", ["2020-09-01 25:00:00", "10:30:00", "2020-09-01 10:30 PM"]),
        "updated_at",
    )


def test_months_in_every_usual_notation(column: Any) -> None:
    texts = ["202009", "2020-09", "2020/9", "2020年9月", "2020年09月", "2020.09", "20200901", "2020-09-30"]
    assert _values(column("数据年月", "month", texts, "customs_statistics")) == [dt.date(2020, 9, 1)] * len(
        texts
    )
    _unreadable(
        column(
            "数据年月", "month", ["202013", "2020", "Sep 2020", "2020-00", "09-2020"], "customs_statistics"
        ),
        "month",
    )


def test_countries_by_any_of_their_codes_and_names(column: Any) -> None:
    texts = ["VNM", "vn", "141", "越南", "Vietnam", " Viet Nam ", "ＶＮＭ"]
    assert _values(column("国家地区", "country", texts)) == ["VNM"] * len(texts)
    assert _values(column("国家地区", "country", ["印度", "印度尼西亚", "几内亚", "赤道几内亚"])) == [
        "IND",
        "IDN",
        "GIN",
        "GNQ",
    ]
    _unreadable(column("国家地区", "country", ["Korea", "Atlantis", "999", "印"]), "country")


def test_units_and_states_by_any_of_their_words(column: Any) -> None:
    units = {
        "米": "m",
        "Metre": "m",
        "030": "m",
        "METERS": "m",
        "04": "m",
        "千克": "kg",
        "平方米": "m2",
        "码": "yd",
        "件": "piece",
    }
    assert _values(column("单位", "unit", list(units))) == list(units.values())
    states = {"正常": "new", "变更": "amended", "取消": "cancelled", "New": "new", "AMENDED": "amended"}
    assert _values(column("状态", "status", list(states))) == list(states.values())
    _unreadable(column("单位", "unit", ["furlong", "?"]), "unit")


def test_codes_stay_text(column: Any) -> None:
    assert _values(column("商品编码", "hs_code", ["05119990", "0511999000"], "customs_exports")) == [
        "05119990",
        "0511999000",
    ]
    assert _values(column("监管方式", "trade_mode", ["0110"], "customs_exports")) == ["0110"]
    assert _values(column("客户编码", "customer_code", ["007", "1.0", "1e5", "TRUE", "null"])) == [
        "007",
        "1.0",
        "1e5",
        "TRUE",
        "null",
    ]


@pytest.mark.parametrize(
    ("header", "name", "of"),
    [
        ("订单号", "order_no", "enterprise_orders"),
        ("统一社会信用代码", "enterprise_uscc", "enterprise_orders"),
        ("报关单号", "declaration_no", "customs_exports"),
        ("商品编码", "hs_code", "customs_statistics"),
        ("贸易伙伴编码", "partner_code", "customs_statistics"),
    ],
)
def test_a_key_longer_than_any_is_a_finding(header: str, name: str, of: str, column: Any) -> None:
    _unreadable(column(header, name, ["布" * 101, "x" * 9000], of), name)
    if name != "enterprise_uscc":
        texts = column(header, name, ["布" * 100, f"  {'x' * 100}  "], of)
        assert [value for value, _ in texts] == ["布" * 100, "x" * 100]
        assert not any("unreadable" in (found or "") for _, found in texts)


@pytest.mark.parametrize(
    ("header", "name", "of", "good", "bad"),
    [
        (
            "报关单号",
            "declaration_no",
            "customs_exports",
            ["310120200000000001"],
            ["31012020000000001", "3e17", "٣٤"],
        ),
        ("商品编码", "hs_code", "customs_exports", ["52094200", "5209420000"], ["520942000", "5209.4200"]),
        ("商品编码", "hs_code", "enterprise_orders", ["520942"], ["五二零九四二", "５２０９４"]),
        ("贸易方式编码", "regime_code", "customs_statistics", ["10", "ALL"], ["1", "ALLE", "x10"]),
    ],
)
def test_a_code_of_digits_has_one_of_its_lengths(
    header: str, name: str, of: str, good: list[str], bad: list[str], column: Any
) -> None:
    assert column(header, name, good, of) == [(value, None) for value in good]
    assert [findings for _, findings in column(header, name, bad, of)] == [f"|digits:{name}|"] * len(bad)


def test_other_texts_may_be_long(column: Any) -> None:
    assert _values(column("品名", "product_name", ["布" * 9000])) == ["布" * 9000]


def test_whole_numbers_only(column: Any) -> None:
    assert _values(column("行号", "line_no", ["1", "01", "3.0", "9" * 18])) == [1, 1, 3, 10**18 - 1]
    _unreadable(column("行号", "line_no", ["1.5", "-1", "1" * 19, "one", "1e3"]), "line_no")


@pytest.mark.parametrize(
    "text",
    [
        "91310115MA1H8R7C6D",
        "91110000600037341X",
        "9111000060003734",
        "91110000-600037341L",
        "91110000 600037341L",
        "I" * 18,
    ],
)
def test_a_wrong_enterprise_code_is_a_finding_and_remains_visible(text: str, column: Any) -> None:
    assert column("统一社会信用代码", "enterprise_uscc", [text]) == [(text, "|check:enterprise_uscc|")]


def test_an_enterprise_code_in_lower_case_or_full_width_is_the_same_code(column: Any) -> None:
    texts = ["91110000600037341l", "９１１１００００６０００３７３４１Ｌ", " 91110000600037341L "]
    assert _values(column("统一社会信用代码", "enterprise_uscc", texts)) == ["91110000600037341L"] * 3


def test_a_currency_is_a_code_or_a_word_for_it_and_needs_no_rate_of_its_month(
    read_table: ReadTable, tmp_path: Path
) -> None:
    pairs = [("CNY", "2005-01-31"), ("usd", "2020-09-01"), ("美元", "2005-01-31"), ("XTS", "2020-09-01")]
    rows = read_table(write(tmp_path / "a.csv", [order(币种=c, 订单日期=d) for c, d in pairs])).rows
    assert [row["currency"] for row in rows] == ["CNY", "USD", "USD", None]
    assert [row["_findings"] for row in rows] == [None, None, None, "|unreadable:currency|"]


def test_blank_cells_are_missing_not_empty(column: Any) -> None:
    for header, name in (
        ("品名", "product_name"),
        ("克重", "fabric_gsm"),
        ("省份", "province"),
        ("发货日期", "ship_date"),
    ):
        assert _values(column(header, name, ["", "  ", "\u3000"])) == [None] * 3


def test_several_findings_of_one_row_are_all_recorded(read_table: ReadTable, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [order(数量="x", 国家地区="Atlantis", 统一社会信用代码="1")])
    assert set(read_table(path).rows[0]["_findings"].strip("|").split("|")) == {
        "unreadable:quantity",
        "unreadable:country",
        "check:enterprise_uscc",
    }
