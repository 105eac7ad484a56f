"""The customs statistics of a month: five provinces' exports of the cluster's goods."""

import datetime as dt
import math
from pathlib import Path

import numpy as np
import polars as pl

from include.demo.synthetic import calibration
from include.demo.synthetic.declarations import TRADE_MODES
from include.demo.synthetic.goods import COUNTRIES, GOODS
from include.demo.synthetic.mills import Cluster, Ints, Stream
from include.demo.synthetic.writers import Written, write_bytes, write_download

# Declarations use four-digit trade modes, statistics two-digit regimes: the same words, other codes.
REGIMES = {"10": "一般贸易", "14": "来料加工贸易", "15": "进料加工贸易", "39": "其他"}
_REGIME_OF_MODE = {"0110": "10", "0214": "14", "0615": "15", "1039": "39", "9610": "39"}
PROVINCES = ("33", *calibration.OTHER_PROVINCES)


def write_statistics(cluster: Cluster, items: pl.DataFrame, month: dt.date, folder: Path) -> list[Written]:
    """Write the manifest of the month's download, then the download.

    Every second month's query split by month, so its file carries 数据年月; of the others only the
    manifest knows the month.
    """
    rows = _month_rows(cluster, items, month)
    names_month = month.month % 2 == 0
    table = _table(cluster, rows)
    if names_month:
        table = table.insert_column(
            0, pl.Series("数据年月", [f"{month:%Y%m}"]).new_from_index(0, table.height)
        )
    path = folder / f"出口统计_{month:%Y%m}.csv"
    manifest = "flow: export\n" + ("" if names_month else f"month: {month:%Y-%m}\n")
    return [
        write_bytes(manifest.encode(), path.with_name(f"{path.name}.yml")),
        write_download(table, path),
    ]


def _month_rows(cluster: Cluster, items: pl.DataFrame, month: dt.date) -> dict[str, Ints]:
    """Good, country, regime, province, both quantities and CNY of every row with a value.

    Zhejiang exports a multiple of the cluster's own declarations, so it always covers them; another
    province a share of that, in a fixed part of the cells.
    """
    shape = (len(GOODS), len(COUNTRIES), len(REGIMES), len(PROVINCES))
    fixed = cluster.rng(Stream.STATISTICS)
    multiple = fixed.uniform(*calibration.ZHEJIANG_MULTIPLE, shape[:2])
    share = np.array([1.0, *calibration.OTHER_PROVINCES.values()]) * fixed.uniform(0.5, 1.5, shape)
    share[fixed.random(shape) < 0.5] = 0
    share[..., 0] = 1
    scatter = np.exp(cluster.rng(Stream.STATISTICS_MONTH, month).normal(0, 0.05, shape))
    scatter[..., 0] = 1

    counted = items.filter("counts")
    regime = np.array([list(REGIMES).index(_REGIME_OF_MODE.get(mode, "39")) for mode in TRADE_MODES])
    cell = np.ravel_multi_index(
        (counted["good"].to_numpy(), counted["country"].to_numpy(), regime[counted["mode"].to_numpy()]),
        shape[:3],
    )
    factor = multiple[:, :, None, None] * share * scatter
    sums = {}
    for name in ("quantity_1", "quantity_2", "fob_cny"):
        cluster_sum = np.bincount(cell, counted[name].to_numpy(), math.prod(shape[:3]))
        sums[name] = np.ceil(cluster_sum.reshape(*shape[:3], 1) * factor)
    good, country, regime_no, province = np.nonzero(sums["fob_cny"])
    position = (good, country, regime_no, province)
    values = {name: total[position].astype(np.int64) for name, total in sums.items()}
    return {"good": good, "country": country, "regime": regime_no, "province": province} | values


def _table(cluster: Cluster, rows: dict[str, Ints]) -> pl.DataFrame:
    """The download's text columns under the portal's Chinese headers."""
    countries, provinces = cluster.reference.countries, cluster.reference.provinces
    units = cluster.reference.units
    goods = [GOODS[i] for i in rows["good"]]
    partners = [countries[COUNTRIES[i]] for i in rows["country"]]
    places = [PROVINCES[i] for i in rows["province"]]
    regimes = [list(REGIMES.items())[i] for i in rows["regime"]]
    has_second = np.array([good.unit != "kg" for good in goods])
    return pl.DataFrame(
        {
            "商品编码": [good.hs_code for good in goods],
            "商品名称": [good.name_zh for good in goods],
            "贸易伙伴编码": [partner["customs_code"] for partner in partners],
            "贸易伙伴名称": [partner["name_zh"] for partner in partners],
            "贸易方式编码": [code for code, _ in regimes],
            "贸易方式名称": [name for _, name in regimes],
            "注册地编码": places,
            "注册地名称": [provinces[place]["name_zh"] for place in places],
            "第一数量": [str(quantity) for quantity in rows["quantity_1"]],
            "第一计量单位": [units[good.unit]["name_zh"] for good in goods],
            "第二数量": [str(quantity) for quantity in np.where(has_second, rows["quantity_2"], 0)],
            "第二计量单位": np.where(has_second, units["kg"]["name_zh"], "?"),
            "人民币": [f"{value:,}" for value in rows["fob_cny"]],
        }
    )
