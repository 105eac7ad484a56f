"""Columns by their headers: in two languages, any order, any spelling."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from samples import cell, csv_text, item, order, orders, write, write_download

from include.errors import ContractError, UnreadableFileError
from include.sources.contract import contract, sources
from include.sources.profile import LineNumbers, Profile

ReadTable = Callable[..., Any]
SAMPLES = {"enterprise_orders": order(), "customs_exports": item(), "customs_statistics": cell()}


def _values(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if not k.startswith("_")} for row in rows]


@pytest.mark.parametrize("source", sources())
def test_chinese_and_english_headers_in_any_order_read_the_same(
    source: str, read_table: ReadTable, tmp_path: Path
) -> None:
    chinese, english = SAMPLES[source], _english(source)
    shuffled = list(english)
    shuffled = shuffled[::-2] + shuffled[-2::-2]
    assert shuffled != list(english)
    manifest = "flow: export\n" if source == "customs_statistics" else None
    tables = []
    for name, row in (("zh", chinese), ("en", english), ("any", {h: english[h] for h in shuffled})):
        path = write(tmp_path / f"{name}.csv", [row])
        if manifest:
            path.with_name(f"{path.name}.yml").write_text(manifest, encoding="utf-8")
        tables.append(read_table(path, source))
    first, *others = [_values(table.rows) for table in tables]
    assert len(first) == 1
    assert all(other == first for other in others)
    assert all(table.unknown_columns == () for table in tables)
    assert tables[0].rows[0]["_findings"] is None


def _english(source: str) -> dict[str, str]:
    """The sample row under English headers; the value column's English twin of 人民币 is the yuan's."""
    row = {}
    for column in contract(source).columns:
        chinese = next((h for h in column.headers if h in SAMPLES[source]), None)
        if chinese:
            name = "Renminbi Yuan" if chinese == "人民币" else next(h for h in column.headers if h.isascii())
            row[name] = SAMPLES[source][chinese]
    return row


@pytest.mark.parametrize(
    "dress",
    [
        pytest.param(lambda h: f"  {h}\t", id="blanks"),
        pytest.param(lambda h: f"\u3000{h}\u3000", id="wide blanks"),
        pytest.param(
            lambda h: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in h), id="full width"
        ),
        pytest.param(str.upper, id="upper case"),
        pytest.param(lambda h: h.replace(" ", "  "), id="double blanks"),
    ],
)
def test_a_header_is_known_in_any_spelling(
    dress: Callable[[str], str], read_table: ReadTable, tmp_path: Path
) -> None:
    row = {dress(header): value for header, value in _english("enterprise_orders").items()}
    table = read_table(write(tmp_path / "a.csv", [row]))
    assert table.unknown_columns == ()
    assert table.rows[0]["fabric_width_cm"] == 150


def test_the_header_may_follow_blank_lines(read_table: ReadTable, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\ufeff\n  \r\n" + csv_text(orders(2)), encoding="utf-8")
    assert [row["_line_no"] for row in read_table(path).rows] == [4, 5]


def test_unknown_columns_are_stored_and_reported(read_table: ReadTable, tmp_path: Path) -> None:
    table = read_table(
        write(tmp_path / "a.csv", [order(备注="加急", 业务员='"王"'), order(备注="", 业务员="李")])
    )
    assert table.unknown_columns == ("备注", "业务员")
    assert [row["_extra"] for row in table.rows] == [
        {"备注": "加急", "业务员": '"王"'},
        {"备注": None, "业务员": "李"},
    ]


def test_a_column_without_a_name_is_reported_only_if_it_has_values(
    read_table: ReadTable, tmp_path: Path
) -> None:
    text = csv_text(orders(1)).replace("\n", ",\n")
    (tmp_path / "empty.csv").write_text(text, encoding="utf-8")
    (tmp_path / "full.csv").write_text(text[:-1] + "x\n", encoding="utf-8")
    assert read_table(tmp_path / "empty.csv").unknown_columns == ()
    full = read_table(tmp_path / "full.csv")
    assert full.unknown_columns == ("_column_22",)
    assert full.rows[0]["_extra"] == {"_column_22": "x"}


@pytest.mark.parametrize("name", ["_line_no", "_ragged", "_load_id", "_findings", "_extra", "record"])
def test_a_column_named_like_one_of_ours_is_an_unknown_column(
    name: str, read_table: ReadTable, tmp_path: Path
) -> None:
    table = read_table(write(tmp_path / "a.csv", [order(**{name: "theirs"})]))
    assert [row["_line_no"] for row in table.rows] == [2]
    assert list(table.rows[0]["_extra"].values()) == ["theirs"]


def test_a_missing_required_column_is_named_with_its_headers(read_table: ReadTable, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", orders(1), columns=[h for h in order() if h != "数量"])
    with pytest.raises(
        UnreadableFileError, match=r"a\.csv: no column for quantity \(one of: 数量, Quantity\)"
    ) as caught:
        read_table(path)
    assert caught.value.rule == "column_missing"


def test_an_optional_column_may_be_absent(read_table: ReadTable, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", orders(1), columns=[h for h in order() if h not in ("门幅", "发货日期")])
    row = read_table(path).rows[0]
    assert (row["fabric_width_cm"], row["ship_date"], row["_findings"]) == (None, None, None)


@pytest.mark.parametrize("second", ["数量", " 数量 ", "Quantity"])
def test_two_headers_for_one_column_are_refused(second: str, read_table: ReadTable, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    header, row, *_ = csv_text(orders(1)).splitlines()
    path.write_text(f"{header},{second}\n{row},7\n", encoding="utf-8")
    with pytest.raises(UnreadableFileError, match="数量") as caught:
        read_table(path)
    assert caught.value.rule == "header_ambiguous"


def test_a_header_with_too_many_columns_is_refused_at_once(read_table: ReadTable, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",".join(f"c{n}" for n in range(100_000)) + "\n1\n", encoding="utf-8")
    with pytest.raises(UnreadableFileError, match="columns"):
        read_table(path)


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_the_delimiter_is_found_by_the_header(delimiter: str, read_table: ReadTable, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(csv_text(orders(2)).replace(",", delimiter), encoding="utf-8")
    assert [row["amount"] for row in read_table(path).rows] == [20500, 20500]


def test_a_profile_maps_names_constants_defaults_words_and_formulas(
    read_table: ReadTable, tmp_path: Path
) -> None:
    mill = Profile(
        source="enterprise_orders",
        delimiter=";",
        columns={"order_no": ("Auftrag",)},
        constants={"currency": "EUR"},
        defaults={"customer_code": "WALK-IN"},
        computed={"amount": "CAST(CAST(数量 AS DECIMAL(18,4)) * 2 AS DECIMAL(18,2))"},
        words={"unit": {"Ballen": "piece"}},
    )
    row = order(Auftrag="A-77", 客户编码=" ", 单位="ballen", 数量="3")
    for name in ("订单号", "币种", "金额"):
        del row[name]
    path = tmp_path / "a.csv"
    path.write_text(csv_text([row]).replace(",", ";"), encoding="utf-8")
    read = read_table(path, profile=mill)
    assert read.unknown_columns == ()
    wanted = {"order_no": "A-77", "currency": "EUR", "customer_code": "WALK-IN", "amount": 6, "unit": "piece"}
    assert {name: read.rows[0][name] for name in wanted} == wanted


def test_a_formula_that_does_not_fit_the_file_refuses_it(read_table: ReadTable, tmp_path: Path) -> None:
    broken = Profile(source="enterprise_orders", computed={"amount": "Preis * Menge"})
    with pytest.raises(UnreadableFileError) as caught:
        read_table(write(tmp_path / "a.csv", orders(1)), profile=broken)
    assert caught.value.rule == "profile_wrong"


def test_a_line_without_a_number_gets_the_same_one_at_every_position(
    read_table: ReadTable, tmp_path: Path
) -> None:
    numbered = Profile(source="enterprise_orders", line_numbers=LineNumbers())
    without = [h for h in order() if h != "行号"]

    def numbers(name: str, lines: Sequence[str], columns: Sequence[str] = without) -> dict[str, int]:
        rows = [order(品名=line[1], 订单号=line[0]) for line in lines]
        path = write(tmp_path / name, rows, columns=columns)
        read = read_table(path, profile=numbered).rows
        assert [row["order_no"] + row["product_name"] for row in read] == list(lines)
        return {row["order_no"] + row["product_name"]: row["line_no"] for row in read}

    first = numbers("a.csv", ("1a", "1b", "2a", "1a", "1c", "2b"))
    assert len(set(first.values())) == 5
    assert min(first.values()) >= 1
    assert numbers("b.csv", ("2b", "1c")) == {name: first[name] for name in ("2b", "1c")}
    assert numbers("c.csv", ("1c", "1a"), without[::-1]) == {name: first[name] for name in ("1c", "1a")}


def test_the_profile_may_name_the_headers_that_distinguish_lines(
    read_table: ReadTable, tmp_path: Path
) -> None:
    by_article = Profile(source="enterprise_orders", line_numbers=LineNumbers(by=("品名",)))
    rows = [order(品名=name, 数量=quantity) for name, quantity in (("a", "1"), ("b", "1"), ("a", "2"))]
    path = write(tmp_path / "a.csv", rows, columns=[h for h in order() if h != "行号"])
    first, second, third = (row["line_no"] for row in read_table(path, profile=by_article).rows)
    assert first == third != second


def test_a_column_header_may_name_the_currency(read_table: ReadTable, tmp_path: Path) -> None:
    for header, currency in (
        ("人民币", "CNY"),
        ("美元", "USD"),
        ("US dollar", "USD"),
        ("Renminbi Yuan", "CNY"),
    ):
        row = cell()
        row[header] = row.pop("人民币")
        table = read_table(write_download(tmp_path / f"{currency}.csv", [row]), "customs_statistics")
        assert [(r["currency"], r["value"]) for r in table.rows] == [(currency, 5848714)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source: customs_exports", "is for customs_exports, not for enterprise_orders"),
        ("source: enterprise_orders\ncolums: {}", "colums"),
        ("source: enterprise_orders\nconstants: {colour: red}", "constants: colour: no such column"),
        ("source: enterprise_orders\nencoding: [1]", "encoding"),
        ("source: [", "broken.yml"),
        ("source: enterprise_orders\nencoding: klingon", "klingon"),
        ("source: enterprise_orders\ndelimiter: ',,'", "delimiter"),
        ("source: customs_exports\nline_numbers: {}", "line_numbers: customs_exports has no line numbers"),
        ("source: enterprise_orders\nline_numbers: {within: order_no}", "line_numbers"),
        ("source: enterprise_orders\nskip: [{where: a = 1}]", r"skip\.0\.reason: Field required"),
        ("source: enterprise_orders\ntime_zone: Mars/Olympus", "time_zone: .*no time zone"),
        ("source: enterprise_orders\nfrom_file_name: '[0-9]+'", "from_file_name: .*names no column"),
        ("source: enterprise_orders\nkinds: [pdf]", r"kinds\.0: Input should be 'csv', "),
        ("source: customs_statistics\ncancellations: {where: a = 1}", "cannot be cancelled"),
        ("source: enterprise_orders\ntables: [{stop: [合计]}, {header: [订单号]}]", "words of its header"),
        ("source: enterprise_orders\nheader: [a]\ntables: [{header: [b]}]", "belong into each table"),
        ("source: nowhere", "no source 'nowhere'"),
        ("source: enterprise_orders\ncomputed: {amount: 'FROM ('}", "computed"),
        (
            "source: enterprise_orders\nwords: {unit: {kg: zork}, country: {越南: XXX}, status: {x: gone}}",
            r"broken.yml: words: unit: kg: 'zork' is .*; use kg, or another code of .*/units.csv;"
            r" words: country: 越南: 'XXX' is .*; use VNM, or another code of .*/countries.csv;"
            r" words: status: x: 'gone' is .*; known are new, amended, cancelled$",
        ),
        ("source: enterprise_orders\nconstants: {unit: zork}", "constants: unit: 'zork'"),
        ("source: customs_exports\nconstants: {trade_mode: '011'}", "constants: trade_mode: .* 4 digits"),
        ("source: enterprise_orders\ndefaults: {country: Vitenam}", "defaults: country: .*use VNM, or"),
        (
            "source: enterprise_orders\ncomputed: {status: \"CASE WHEN a = 'z' THEN COALESCE(b, 'ok') END\"}",
            "computed: status: 'ok' is no known code or word; known are new",
        ),
    ],
)
def test_a_wrong_profile_names_the_key(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from include.sources import profile

    (tmp_path / "broken.yml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(profile, "PROFILES_DIR", tmp_path)
    profile.profile.cache_clear()
    with pytest.raises(ContractError, match=message):
        profile.profile("broken", "enterprise_orders")


def test_words_may_refer_to_other_words_of_the_list(read_table: ReadTable, tmp_path: Path) -> None:
    from include.sources.profile import read_profile

    text = """
        source: enterprise_orders
        constants: {province: 广东省, hs_code: "630790", unit: Ballen}
        defaults: {status: ok}
        computed: {status: "CASE WHEN 状态 = '作废' THEN 'canceled' ELSE 状态 END"}
        words: {status: {ok: 正常, 改: AMENDED}, country: {Viet: 越南}, unit: {Ballen: 件}}
    """
    (tmp_path / "mine.yml").write_text(text, encoding="utf-8")
    status = ("ok", "改", "作废", "")
    lines = [order(行号=str(n), 状态=word, 国家地区="Viet") for n, word in enumerate(status, start=1)]
    lines = [{name: value for name, value in line.items() if name != "单位"} for line in lines]
    found = read_table(write(tmp_path / "a.csv", lines), profile=read_profile(tmp_path / "mine.yml")).rows
    assert [row["_findings"] for row in found] == [None] * 4
    assert [row["status"] for row in found] == ["new", "amended", "cancelled", "new"]
    assert {(row["country"], row["province"], row["unit"]) for row in found} == {("VNM", "44", "piece")}


@pytest.mark.parametrize("name", ["nobody", "../contracts/enterprise_orders", "", "a/b"])
def test_an_unknown_profile_is_refused_with_the_known_ones(name: str) -> None:
    from include.sources import profile

    with pytest.raises(ContractError, match="merchant_retail"):
        profile.profile(name, "enterprise_orders")


def test_every_profile_of_the_project_fits_its_contract() -> None:
    from include.sources import profile

    paths = sorted(profile.PROFILES_DIR.glob("*.yml"))
    assert paths
    for path in paths:
        source = yaml.safe_load(path.read_text(encoding="utf-8"))["source"]
        assert profile.profile(path.stem, source).source == source


def test_the_schema_for_editors_is_that_of_the_model() -> None:
    from include.sources import profile

    written = json.loads((profile.PROFILES_DIR / "profile.schema.json").read_text(encoding="utf-8"))
    assert written == profile.schema()
