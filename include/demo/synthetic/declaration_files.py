"""Write declaration items to files: monthly in GB18030 with codes, daily in UTF-8 with words."""

from pathlib import Path

import numpy as np
import polars as pl

from include.demo.synthetic import writers
from include.demo.synthetic.declarations import CHINA, DISTRICTS, OFFICES, TRADE_MODES
from include.demo.synthetic.goods import COUNTRIES, CURRENCIES, GOODS, INCOTERMS
from include.demo.synthetic.mills import Cluster
from include.demo.synthetic.order_files import pick, updated_at

_HEADERS = {
    "declaration_no": "报关单号",
    "item_no": "项号",
    "export_date": "出口日期",
    "consignor_uscc": "境内发货人",
    "hs_code": "商品编码",
    "product_name": "商品名称",
    "destination_country": "最终目的国",
    "trade_mode": "监管方式",
    "source_district": "境内货源地",
    "quantity_1": "法定第一数量",
    "unit_1": "法定第一单位",
    "quantity_2": "法定第二数量",
    "unit_2": "法定第二单位",
    "transaction_amount": "成交总价",
    "currency": "币制",
    "incoterm": "成交方式",
    "fob_usd": "统计美元价",
    "fob_cny": "统计人民币价",
    "status": "状态",
    "updated_at": "更新时间",
}
_STATUS = ["正常", "修改", "删除"]


def write_declarations(
    cluster: Cluster, due: pl.DataFrame, labels: list[str], folder: Path
) -> list[writers.Written]:
    """Write one file per period of ``due``."""
    written = []
    ordered = due.sort("period", "number", "item_no", "version")
    for items in ordered.partition_by("period", maintain_order=True):
        label = labels[items.item(0, "period")]
        is_daily = len(label) == len("2020-09-30")
        path = folder / f"出口报关单_{label}.csv"
        table = declaration_table(cluster, items, with_words=is_daily)
        encoding = "utf-8" if is_daily else "gb18030"
        written.append(writers.write_csv(table, path, encoding=encoding))
    return written


def declaration_table(cluster: Cluster, items: pl.DataFrame, *, with_words: bool) -> pl.DataFrame:
    """The file's columns. Units and countries are customs codes, or words and ISO codes."""
    reference = cluster.reference
    units = reference.units
    unit_word = "name_zh" if with_words else "declaration_code"
    country_code = "country_code" if with_words else "customs_code"
    countries = [reference.countries[c][country_code] for c in (*COUNTRIES, "CHN")]
    country = items["country"].set(items["country"] == CHINA, len(countries) - 1)
    has_second = pl.Series([good.unit != "kg" for good in GOODS])[items["good"]]
    as_first = (items["version"] == 0) & items["revised_day"].is_not_null()
    size = pl.when(as_first).then("first_size").otherwise(1.0)
    fob_usd = (pl.col("fob_usd") * size).round(2)
    columns: dict[str, pl.Expr | pl.Series] = {
        "declaration_no": pl.format(
            "{}{}0{}",
            pick(list(OFFICES), items["office"]),
            pl.col("ship_day").cast(pl.Int32).cast(pl.Date).dt.year(),
            pl.col("number").cast(pl.String).str.zfill(9),
        ),
        "item_no": pl.col("item_no"),
        "export_date": pl.col("ship_day").cast(pl.Int32).cast(pl.Date),
        "consignor_uscc": pick(cluster.uscc, items["mill"]),
        "hs_code": pick([good.hs_code + "00" for good in GOODS], items["good"]),
        "product_name": pick([good.name_zh for good in GOODS], items["good"]),
        "destination_country": pick(countries, country),
        "trade_mode": pick(list(TRADE_MODES), items["mode"]),
        "source_district": pick(list(DISTRICTS), items["district"]),
        "quantity_1": (pl.col("quantity_1") * size).ceil().cast(pl.Int64),
        "unit_1": pick([units[good.unit][unit_word] for good in GOODS], items["good"]),
        "quantity_2": pl.when(has_second).then((pl.col("quantity_2") * size).ceil().cast(pl.Int64)),
        "unit_2": pl.when(has_second).then(pl.lit(units["kg"][unit_word])),
        "transaction_amount": (pl.col("transaction") * size).round(2),
        "currency": pick(list(CURRENCIES), items["currency"]),
        "incoterm": pick(list(INCOTERMS), items["incoterm"]),
        "fob_usd": fob_usd,
        "fob_cny": pl.when(as_first).then((fob_usd * pl.col("dollar")).round(2)).otherwise("fob_cny"),
        "status": pick(
            _STATUS, pl.Series(np.where(items["version"] == 1, np.where(items["deleted"], 2, 1), 0))
        ),
        "updated_at": updated_at(items, "ship_day"),
    }
    return items.select(**columns).rename(_HEADERS)
