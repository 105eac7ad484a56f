"""Good data passes every rule; each defect breaks exactly its own, and only its row is refused."""

import importlib
import re
from html.parser import HTMLParser
from typing import Any, NamedTuple

import pytest
from defects import CASES, RAGGED, statistics_cell
from samples import Row, cells, csv_text, item, items, load, one, orders, query, write, write_download

from include.load.load_log import FileResult
from include.settings import Settings
from include.sources.contract import contract, sources

GOOD: dict[str, list[Row]] = {
    "enterprise_orders": orders(10),
    "customs_exports": items(10),
    "customs_statistics": [statistics_cell(商品编码=str(52094200 + n)) for n in range(10)],
}
CASE_IDS = [(source, rule) for source in CASES for rule in CASES[source]]


def _suite(source: str) -> list[Any]:
    suite = getattr(importlib.import_module(f"expectations.{source}"), source)()
    return list(suite.expectations)


class Outcome(NamedTuple):
    settings: Settings
    results: dict[tuple[str, str], FileResult]


@pytest.fixture(scope="module")
def outcome(module_warehouse: Settings) -> Outcome:
    """Every defect in a file of its own beside ten good rows: one validation for each source."""
    settings, results = module_warehouse, {}
    for source, good in GOOD.items():
        folder = settings.landing_dir / source
        paths = [write(folder / "good.csv", good)]
        for rule, bad in CASES[source].items():
            text = csv_text(good + (bad if isinstance(bad, list) else []))
            text += csv_text(good[:1]).splitlines()[1] + ",too many\n" if bad == RAGGED else ""
            paths.append(folder / f"{rule}.csv")
            paths[-1].write_text(text, encoding="utf-8")
        results |= {
            (source, result.file.removesuffix(".csv")): result for result in load(settings, source, *paths)
        }
    return Outcome(settings, results)


@pytest.mark.parametrize("source", sources())
def test_every_row_rule_has_its_defect_and_a_code_of_its_own(source: str) -> None:
    codes = [e.meta["rule"] for e in _suite(source) if e.meta["level"] == "row"]
    assert len(codes) == len(set(codes))
    # A return needs a profile with cancellations: tests/load/test_returns.py.
    assert sorted(CASES[source]) == sorted(set(codes) - {"return_takes_back_whole_line"})


@pytest.mark.parametrize("source", sources())
def test_rules_for_digits_have_the_lengths_of_the_contract(source: str) -> None:
    texts = {e.meta["rule"]: e.meta["en"] for e in _suite(source) if e.meta["rule"].endswith("_digits")}
    assert {rule: [int(n) for n in re.findall(r"\b\d+\b", en)] for rule, en in texts.items()} == {
        f"{column.name}_digits": list(column.digits) for column in contract(source).columns if column.digits
    }


@pytest.mark.parametrize("source", sources())
def test_every_text_of_a_key_may_be_too_long(source: str) -> None:
    of = contract(source)
    texts = {name for name in of.key if of.column(name).type == "text"}
    assert {f"{name}_readable" for name in texts} <= {e.meta["rule"] for e in _suite(source)}


@pytest.mark.parametrize("source", sources())
def test_good_data_passes_every_rule(source: str, outcome: Outcome) -> None:
    result = outcome.results[source, "good"]
    assert (result.status, result.rows_in, result.quarantined, result.failed_rules) == ("accepted", 10, 0, [])


@pytest.mark.parametrize(("source", "rule"), CASE_IDS, ids=[f"{s}-{r}" for s, r in CASE_IDS])
def test_a_defect_breaks_exactly_its_rule_and_only_its_row(source: str, rule: str, outcome: Outcome) -> None:
    result = outcome.results[source, rule]
    bad = CASES[source][rule]
    count = len(bad) if isinstance(bad, list) else 1
    assert (result.status, result.failed_rules, result.quarantined) == ("accepted", [rule], count), (
        result.message
    )
    meta = next(e.meta for e in _suite(source) if e.meta["rule"] == rule)
    rows = query(
        outcome.settings,
        "select line_no, rule_codes, reason_zh, reason_en, file_name, source, raw_line, row_values->>'_extra'"
        " from ops.quarantine where load_id = %s order by line_no",
        result.load_id,
    )
    archived = outcome.settings.home / one(
        outcome.settings, "select kept_path from ops.load where load_id = %s", result.load_id
    )
    lines = archived.read_text(encoding="utf-8").splitlines()
    wanted = [
        (12 + n, [rule], meta["zh"], meta["en"], f"{rule}.csv", source, lines[11 + n], None)
        for n in range(count)
    ]
    assert rows == wanted


@pytest.mark.parametrize("source", sources())
def test_results_of_every_expectation_are_in_ops(source: str, outcome: Outcome) -> None:
    settings, load_id = outcome.settings, outcome.results[source, "good"].load_id
    rows = query(
        settings,
        "select rule_code, suite, severity, success, unexpected_count from ops.validation_result"
        " where gate = 'load' and first_load_id = %s",
        load_id,
    )
    found = {rule: (suite, severity, success, count) for rule, suite, severity, success, count in rows}
    assert len(found) == len(rows)
    assert {rule for rule, row in found.items() if row[0] == source} == {
        e.meta["rule"] for e in _suite(source)
    }
    for rule, bad in CASES[source].items():
        count = len(bad) if isinstance(bad, list) else 1
        if rule.endswith("_required"):
            # Missing are also the values of rows that are no lines (not in China), and the unreadable one
            count += 3 * (rule != "province_required") + (
                rule.replace("_required", "_readable") in CASES[source]
            )
        assert found[rule][1:] == ("critical", False, count), rule
    assert {row[2] for rule, row in found.items() if row[0] == "files"} == {True}


def test_data_docs_are_written_and_reachable_from_the_load(outcome: Outcome) -> None:
    pages = query(outcome.settings, "select distinct source, docs_path from ops.load")
    assert sorted(source for source, _ in pages) == sorted(sources())
    for source, docs in pages:
        page = outcome.settings.home / docs
        assert page.is_file()
        linked = [p.read_text(encoding="utf-8") for p in page.parent.rglob("*.html") if p != page]
        columns = {c for e in _suite(source) if (c := getattr(e, "column", None)) and c != "mark"}
        assert "hs_code" in columns
        assert any(all(column in text for column in columns) for text in linked), source


class _Addresses(HTMLParser):
    """Everything that a page's elements name, but anchors in the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(text)
        self.found |= set(re.findall(r"url\(([^)]*)\)", text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {value for name, value in attrs if value and name in ("href", "src", "srcset")}
        assert tag != "script"


def test_data_docs_name_nothing_on_the_internet(outcome: Outcome) -> None:
    sites = query(outcome.settings, "select distinct docs_path from ops.load")
    for (docs,) in sites:
        for page in (outcome.settings.home / docs).parent.rglob("*.html"):
            addresses = _Addresses(page.read_text(encoding="utf-8")).found
            away = re.compile(r"[\"'\s]*((?!data:)[a-z+]+:|//)")
            assert [address for address in addresses if away.match(address)] == [], page


def test_a_warning_is_recorded_and_keeps_its_row(warehouse: Settings) -> None:
    rows = orders(4, 订单号="OFF", 金额="20295.00") + orders(4, 订单号="NEAR", 金额="20295.01")
    small = orders(1, 订单号="CENT", 数量="1", 单价="0.10", 金额="1.10") + orders(
        1, 订单号="UNIT", 数量="1", 单价="0.10", 金额="1.11"
    )
    (result,) = load(warehouse, "enterprise_orders", write(warehouse.home / "a.csv", rows + small))
    assert (result.status, result.accepted, result.failed_rules) == ("accepted", 10, [])
    (found,) = query(
        warehouse,
        "select severity, success, unexpected_count from ops.validation_result"
        " where rule_code = 'amount_is_price_times_quantity'",
    )
    assert found == ("warning", False, 1)


def test_more_than_a_fifth_of_bad_rows_refuses_the_file(warehouse: Settings) -> None:
    folder = warehouse.home
    at_limit = write(folder / "at.csv", orders(8, 订单号="AT") + orders(2, 订单号="AT2", 数量="0"))
    above = write(
        folder / "above.csv",
        orders(7, 订单号="UP")
        + orders(1, 订单号="UP2", 数量="0", 单位="?")
        + orders(1, 订单号="UP3", 单位="?"),
    )
    ok, refused = load(warehouse, "enterprise_orders", at_limit, above)
    assert (ok.status, ok.accepted, ok.quarantined) == ("accepted", 8, 2)
    assert refused.status == "refused"
    assert refused.failed_rules == ["rejected_share_within_tolerance", "unit_readable", "quantity_positive"]
    assert "unit_readable: 2 rows" in refused.message
    assert one(warehouse, "select count(*) from ops.quarantine where load_id = %s", refused.load_id) == 0
    assert one(warehouse, "select count(*) from raw.enterprise_orders where order_no like 'UP%%'") == 0


def test_a_download_of_exactly_the_portals_limit_must_be_confirmed_by_the_sender(warehouse: Settings) -> None:
    folder, rows = warehouse.home, cells(10_001)
    cut = write_download(folder / "cut.csv", rows[:10_000])
    confirmed = write_download(folder / "confirmed.csv", rows[:10_000], "flow: import\ncomplete: true\n")
    whole = write_download(folder / "whole.csv", rows[:9_999], "flow: export\n")
    longer = write_download(folder / "longer.csv", rows, "flow: export\nmonth: 2020-09\n")
    results = load(warehouse, "customs_statistics", cut, confirmed, whole, longer)
    assert [result.status for result in results] == ["refused", "accepted", "accepted", "accepted"]
    assert results[0].failed_rules == ["download_is_complete"]
    assert "complete: true" in results[0].message
    assert [(r.accepted, r.unchanged) for r in results[1:]] == [(10_000, 0), (9_999, 0), (2, 9_999)]


def test_cancelled_lines_may_have_any_quantity_and_amount(warehouse: Settings) -> None:
    rows = orders(3, 状态="取消", 数量="-5", 金额="-102.50") + orders(
        1, 订单号="B", 状态="取消", 单价="-20.5"
    )
    rows += orders(1, 订单号="C", 单价="0", 金额="0")
    (result,) = load(warehouse, "enterprise_orders", write(warehouse.home / "a.csv", rows))
    assert (result.accepted, result.quarantined) == (5, 0)


def test_a_row_that_breaks_several_rules_names_them_all(warehouse: Settings) -> None:
    rows = [*items(9), item(项号="0", 监管方式="1", 统计美元价="-1")]
    (result,) = load(warehouse, "customs_exports", write(warehouse.home / "a.csv", rows))
    codes, zh, en = query(warehouse, "select rule_codes, reason_zh, reason_en from ops.quarantine")[0]
    assert codes == ["item_no_positive", "trade_mode_digits", "fob_usd_not_negative"]
    assert sorted(result.failed_rules) == sorted(codes)
    assert (zh.count("；"), en.count("; ")) == (2, 2)
