"""Real files, to the last row: the customs portal's downloads and five days of a merchant's order lines."""

import csv
import shutil
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from samples import load, one, query

from include.settings import Settings

KILOGRAM = ("千克", "Kilogram")
HEADERS = {
    "hs_code": ("商品编码", "Commodity code"),
    "product_name": ("商品名称", "Commodity"),
    "partner_code": ("贸易伙伴编码", "Trading partner code"),
    "partner_name": ("贸易伙伴名称", "Trading partner"),
    "regime_code": ("贸易方式编码", "Customs Regime code"),
    "regime_name": ("贸易方式名称", "Customs Regime"),
    "province_code": ("注册地编码", "Locations of importers and exporters code"),
    "province_name": ("注册地名称", "Locations of importers and exporters"),
    "quantity_1": ("第一数量", "Quantity"),
    "value": ("人民币", "US dollar"),
}
TOTALS = {"partner_code": "ALL", "regime_code": "ALL", "province_code": "ALL"}


def _expected(path: Path) -> list[tuple[object, ...]]:
    """A download's rows, read without our code: every one is in kilograms and has no second unit."""
    with path.open(encoding="gb18030", newline="") as file:
        rows = list(csv.DictReader(file))
    found = []
    for row in rows:
        values = {
            name: next((row[h] for h in headers if h in row), TOTALS.get(name))
            for name, headers in HEADERS.items()
        }
        assert next(row[h] for h in ("第一计量单位", "Unit") if h in row) in KILOGRAM
        assert next(row[h] for h in ("第二计量单位", "Supplementary Unit") if h in row) == "?"
        numbers = [Decimal((values.pop(name) or "").replace(",", "")) for name in ("quantity_1", "value")]
        currency = "CNY" if "人民币" in row else "USD"
        found.append(
            (date(2026, 1, 1), "export", currency, *values.values(), numbers[0], "kg", None, None, numbers[1])
        )
    return found


@pytest.mark.parametrize(
    "name", ["chinese-full.csv", "english-degenerate.csv", "english-full.csv", "english-full-permutated.csv"]
)
def test_a_real_download_is_read_to_the_last_row_value_and_unit(
    name: str, warehouse: Settings, shared_data: Path, tmp_path: Path
) -> None:
    path = shutil.copyfile(shared_data / "gacc_downloads" / name, tmp_path / name)
    wanted = _expected(path)
    assert len(wanted) >= 3
    manifest = tmp_path / f"{name}.yml"
    if "english-full" not in name:  # a query for one period: the file does not say which
        (refused,) = load(warehouse, "customs_statistics", path, profile="gacc_exports")
        assert (refused.status, refused.failed_rules) == ("refused", ["value_nowhere"])
        assert f"month: ...` into {name}.yml" in refused.message
        manifest.write_text("month: 2026-01\n", encoding="utf-8")
    (result,) = load(warehouse, "customs_statistics", path, profile="gacc_exports")
    assert (result.status, result.accepted, result.quarantined) == ("accepted", len(wanted), 0), (
        result.message
    )
    words = [name for name in HEADERS if name not in ("quantity_1", "value")]
    numbers = ["quantity_1", "unit_1", "quantity_2", "unit_2", "value"]
    columns = ", ".join(["month", "flow", "currency", *words, *numbers])
    read = query(warehouse, f"select {columns} from raw.customs_statistics order by _line_no")
    assert read == wanted
    assert one(warehouse, "select unknown_columns from ops.load order by load_id desc limit 1") == []


def test_columns_in_another_order_are_the_same_rows(warehouse: Settings, shared_data: Path) -> None:
    folder = shared_data / "gacc_downloads"
    names = ("english-full.csv", "english-full-permutated.csv")
    first, second = load(
        warehouse, "customs_statistics", *(folder / n for n in names), profile="gacc_exports"
    )
    assert (first.accepted, second.accepted, second.unchanged) == (5, 0, 5)


def test_five_days_of_a_merchant_end_as_the_rules_require(warehouse: Settings, shared_data: Path) -> None:
    days = sorted((shared_data / "orders_daily").glob("*.csv"))
    assert len(days) == 5
    results = load(warehouse, "enterprise_orders", *days, profile="merchant_retail")
    current: Counter[tuple[str, ...]] = Counter()
    for day, result in zip(days, results, strict=True):
        with day.open(encoding="utf-8", newline="") as file:
            rows = [tuple(row.values()) for row in csv.DictReader(file)]
        bad = [row for row in rows if int(row[3]) <= 0 and not row[0].startswith("C")]
        good = Counter(row for row in rows if row not in bad)
        assert (result.status, result.rows_in) == ("accepted", len(rows))
        assert (result.quarantined, result.accepted) == (len(bad), len(good))
        assert result.unchanged == sum(good.values()) - len(good)
        assert result.failed_rules == (["quantity_positive"] if bad else [])
        raw = query(
            warehouse,
            "select raw_line from ops.quarantine where load_id = %s order by line_no",
            result.load_id,
        )
        assert [tuple(next(csv.reader([line]))) for (line,) in raw] == bad
        current.update(dict.fromkeys(good, 1))
    assert max(current.values()) == 1
    read = query(
        warehouse,
        "select order_no, coalesce(product_name, ''), quantity, to_char(updated_at, 'YYYY-MM-DD HH24:MI:SS'),"
        " unit_price, customer_code, status, amount, currency, order_date from raw.enterprise_orders",
    )
    wanted = [
        (
            number,
            text.strip(),
            Decimal(quantity),
            moment,
            Decimal(price),
            customer.removesuffix(".0") or "COUNTER",
            "cancelled" if number.startswith("C") else "new",
            (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01")),
            "GBP",
            date.fromisoformat(moment[:10]),
        )
        for number, _, text, quantity, moment, price, customer, _ in current
    ]
    assert sorted(read) == sorted(wanted)
    assert one(warehouse, "select count(distinct country) from raw.enterprise_orders") > 5
    again = load(warehouse, "enterprise_orders", *days, profile="merchant_retail")
    assert {result.status for result in again} == {"duplicate"}
