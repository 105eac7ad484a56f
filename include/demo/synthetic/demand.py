"""The calibrated value of every cell (product group, market, seller) of a month in CNY."""

import datetime as dt
from calendar import monthrange
from dataclasses import dataclass

import numpy as np

from include.demo.synthetic import calibration
from include.demo.synthetic.goods import GUANGDONG, MARKET_NAMES, OTHER_DOMESTIC, PRODUCT_GROUPS
from include.demo.synthetic.mills import Cluster, Floats, Ints, Stream

POOL = -1  # the seller of a cell shared by all mills that have no cells of their own
DOMESTIC = (MARKET_NAMES.index(GUANGDONG), MARKET_NAMES.index(OTHER_DOMESTIC))


@dataclass(frozen=True)
class Cells:
    """Parallel arrays: product group, market, selling mill (or POOL) and value in CNY."""

    product: Ints
    market: Ints
    seller: Ints
    cny: Floats


def month_cells(cluster: Cluster, month: dt.date) -> Cells:
    """The month's cells with a value; their sum per (product, market) is the calibrated total."""
    rng = cluster.rng(Stream.DEMAND, month)
    noise = np.exp(rng.normal(0, calibration.NOISE_SD, (len(PRODUCT_GROUPS), len(MARKET_NAMES))))
    guangdong = rng.uniform(*calibration.GUANGDONG_SHARE)
    steady_domestic = rng.uniform(*calibration.STEADY_DOMESTIC_SHARE, len(cluster.uscc))
    mill_month = (
        calibration.MONTHLY_CNY_PER_MILL * cluster.scale * _level(month) * _mean_activity(month)
    ) * calibration.SEASON[month.month - 1]

    totals = np.zeros_like(noise)
    for number, product in enumerate(PRODUCT_GROUPS):
        value = mill_month * len(cluster.uscc) * calibration.PRODUCT_SHARE[product]
        for market, cny in _product_markets(product, value, month).items():
            column = MARKET_NAMES.index(market)
            factor = 1 if _is_calibrated(product, market, month) else noise[number, column]
            totals[number, column] = cny * factor
    _split_domestic(totals, guangdong)

    steady = _steady_exporters(cluster, mill_month, steady_domestic)
    _split_domestic(steady, guangdong)
    denim = PRODUCT_GROUPS.index("denim")
    totals[denim] -= steady.sum(axis=0)

    pool_product, pool_market = np.nonzero(totals)
    seller, steady_market = np.nonzero(steady)
    return Cells(
        product=np.concatenate([pool_product, np.full(len(seller), denim)]),
        market=np.concatenate([pool_market, steady_market]),
        seller=np.concatenate([np.full(len(pool_product), POOL), seller]),
        cny=np.concatenate([totals[pool_product, pool_market], steady[seller, steady_market]]),
    )


def shift_progress(month: dt.date) -> float:
    """The progress of denim's shift to the domestic market: 0 before April 2020, 1 from September 2020."""
    path = calibration.DENIM_DOMESTIC_SHARE_2020
    return (path[_step(month)] - path[0]) / (path[-1] - path[0]) if month.year >= 2020 else 0.0


def day_weights(month: dt.date) -> Floats:
    """Probability that an order of the month is placed on each of its days."""
    days = [month.replace(day=d + 1) for d in range(monthrange(month.year, month.month)[1])]
    weights = np.array([_rest(day) * calibration.WEEKDAY_ACTIVITY[day.weekday()] for day in days])
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _product_markets(product: str, value: float, month: dt.date) -> dict[str, float]:
    """CNY per market of a product whose ordinary month is worth ``value``; domestic is one sum."""
    share = calibration.DOMESTIC_SHARE[product]
    exports = {market: value * (1 - share) * p for market, p in calibration.EXPORT_MIX[product].items()}
    domestic = value * share
    if month.year >= 2020:
        step = _step(month)
        if product == "denim":
            share = calibration.DENIM_DOMESTIC_SHARE_2020[step]
            exports = {m: cny * calibration.DENIM_EXPORT_2020[step] for m, cny in exports.items()}
            domestic = sum(exports.values()) * share / (1 - share)
        else:
            paths = calibration.WHITE_CLOTH_2020 if product == "white_cloth" else {}
            exports = {m: cny * paths.get(m, calibration.EXPORT_2020)[step] for m, cny in exports.items()}
            domestic *= calibration.DOMESTIC_2020[step]
    return exports | {GUANGDONG: domestic}


def _steady_exporters(cluster: Cluster, mill_month: float, domestic_share: Floats) -> Floats:
    """CNY by mill and market of the mills that stay exporters; domestic is one sum."""
    steady = np.zeros((len(cluster.uscc), len(MARKET_NAMES)))
    value = mill_month * calibration.STEADY_SIZE * cluster.steady
    steady[:, DOMESTIC[0]] = value * domestic_share
    for market, part in calibration.STEADY_EXPORT_MIX.items():
        steady[:, MARKET_NAMES.index(market)] = value * (1 - domestic_share) * part
    return steady


def _split_domestic(values: Floats, guangdong: float) -> None:
    """Divide the domestic sum, which is in Guangdong's column, between the two domestic markets."""
    values[:, DOMESTIC[1]] = values[:, DOMESTIC[0]] * (1 - guangdong)
    values[:, DOMESTIC[0]] *= guangdong


def _is_calibrated(product: str, market: str, month: dt.date) -> bool:
    """Whether this cell has a calibrated figure, so that no noise is added."""
    if product == "denim":
        return month.year >= 2020
    return product == "white_cloth" and market in calibration.WHITE_CLOTH_2020


def _step(month: dt.date) -> int:
    """Position in the monthly values of 2020; later months use the last one."""
    last = len(calibration.DENIM_EXPORT_2020) - 1
    return min((month.year - 2020) * 12 + month.month - 1, last)


def _level(month: dt.date) -> float:
    years = calibration.LEVEL_BY_YEAR
    return years[min(max(month.year, min(years)), max(years))]


def _mean_activity(month: dt.date) -> float:
    days = monthrange(month.year, month.month)[1]
    return sum(_rest(month.replace(day=d + 1)) for d in range(days)) / days


def _rest(day: dt.date) -> float:
    """Activity of a day of the Lunar New Year rest, or 1. Years outside the table have no rest."""
    new_year = calibration.LUNAR_NEW_YEAR.get(day.year)
    if new_year is None:
        return 1.0
    first, last = calibration.REST_DAYS
    offset = (day - dt.date(day.year, *new_year)).days
    return calibration.REST_ACTIVITY if first <= offset <= last else 1.0
