"""One month of the cluster's order lines, as numbers and positions of codes."""

import datetime as dt

import numpy as np
import polars as pl

from include.demo.synthetic import calibration
from include.demo.synthetic.demand import DOMESTIC, POOL, Cells, day_weights, month_cells, shift_progress
from include.demo.synthetic.goods import (
    COUNTRIES,
    CURRENCIES,
    EUR_SHARE,
    EURO_MARKETS,
    GOODS,
    INCOTERMS,
    MARKET_NAMES,
    MARKETS,
    METRES_PER_YARD,
    OTHER_DOMESTIC,
    PRODUCT_GROUPS,
    PROVINCES,
)
from include.demo.synthetic.mills import Bools, Cluster, Floats, Ints, Stream, seller_weights

CUSTOMERS_PER_MARKET = 40
UNITS = tuple(dict.fromkeys((*(good.unit for good in GOODS), "yd")))
ALL_PROVINCES = ("44", *PROVINCES)
EPOCH = dt.date(1970, 1, 1)

_GOOD_UNIT = np.array([UNITS.index(good.unit) for good in GOODS])
_GOOD_PRICE = np.array([good.price for good in GOODS], dtype=np.float64)
_GOOD_GSM = np.array([good.gsm or (0, 0) for good in GOODS], dtype=np.float64)
_GOOD_KG = np.array([good.kg_per_unit for good in GOODS])
_IS_FABRIC = _GOOD_GSM[:, 0] > 0
_COUNTED = np.isin(_GOOD_UNIT, [UNITS.index("strip"), UNITS.index("piece")])


def month_lines(cluster: Cluster, month: dt.date) -> pl.DataFrame:
    """The order lines of a month, by order and line number.

    Columns are positions in the catalogue's tuples (``good``, ``market``, ``country``, ``province`` or -1,
    ``unit``, ``currency``, ``incoterm`` or -1), days and seconds since 1970, quantities in the line's unit
    and amounts in its currency. ``cny`` is the amount at the month's customs rate; per cell it sums to the
    calibrated value over the lines that are not ``cancelled``. A line with ``revised_day`` was first
    delivered with ``first_quantity`` and ``first_amount``. Metres and kilograms are always known; what
    the mill does not write down is marked by ``shows_fabric`` and ``shows_ship``.
    """
    rng = cluster.rng(Stream.ORDERS, month)
    cells = month_cells(cluster, month)
    orders = _draw_orders(cluster, rng, cells, month)
    count = 1 + rng.binomial(3, (calibration.LINES_PER_ORDER - 1) / 3, orders.height)
    position = np.repeat(np.arange(orders.height), count)
    lines = orders[position]
    line_no = np.arange(len(position)) - np.repeat(np.cumsum(count) - count, count) + 1
    cell = lines["cell"].to_numpy()
    cancelled = lines["cancelled"].to_numpy()

    good = _draw_goods(rng, cells.product[cell], position, line_no)
    cny = _share_out(rng, cells, cell, cancelled)
    price = rng.uniform(_GOOD_PRICE[good, 0], _GOOD_PRICE[good, 1])
    is_fabric = _IS_FABRIC[good]
    in_yards = is_fabric & cluster.yards[lines["mill"].to_numpy()] & (lines["province"].to_numpy() < 0)
    quantity = np.round(cny / price / np.where(in_yards, METRES_PER_YARD, 1), 1)
    quantity = np.maximum(np.where(_COUNTED[good], np.round(quantity), quantity), 1)
    rates = np.array([cluster.reference.rate(month, currency) for currency in CURRENCIES])
    amount = np.maximum(np.round(cny / rates[lines["currency"].to_numpy()], 2), 0.01)
    unit_price = np.round(amount / quantity, 4)

    width = rng.integers(290, 351, len(good)) / 2
    gsm = np.round(rng.uniform(_GOOD_GSM[good, 0], _GOOD_GSM[good, 1]))
    length = quantity * np.where(in_yards, METRES_PER_YARD, 1)
    kg = np.where(is_fabric, length * width / 100 * gsm / 1000, quantity * _GOOD_KG[good])
    first_quantity = np.maximum(np.round(quantity * rng.uniform(0.85, 1.15, len(good))), 1)
    return lines.drop("cell").with_columns(
        line_no=line_no,
        good=good,
        unit=np.where(in_yards, UNITS.index("yd"), _GOOD_UNIT[good]),
        quantity=quantity,
        unit_price=unit_price,
        amount=amount,
        cny=cny,
        width=width,
        gsm=gsm,
        shows_fabric=is_fabric & (rng.random(len(good)) < 0.93),
        shows_ship=rng.random(len(good)) < 0.92,
        length=length,
        kg=kg,
        first_quantity=first_quantity,
        first_amount=np.round(first_quantity * unit_price, 2),
        revised_day=_revision_days(cluster, rng, lines["day"].to_numpy(), cancelled),
        clock=rng.integers(8 * 3600, 13 * 3600, len(good)),
    )


def day_number(day: dt.date) -> int:
    """Days since 1970-01-01, polars' own notation of a date."""
    return (day - EPOCH).days


def month_end(month: dt.date) -> int:
    """The day number of the month's last day; ``month`` is its first."""
    return day_number((month + dt.timedelta(days=31)).replace(day=1)) - 1


def _draw_orders(cluster: Cluster, rng: np.random.Generator, cells: Cells, month: dt.date) -> pl.DataFrame:
    """One row per order, with what its lines share. Cancelled orders are in addition to the cells."""
    per_order = calibration.LINE_CNY * calibration.LINES_PER_ORDER
    kept = np.repeat(np.arange(len(cells.cny)), np.maximum(1, np.rint(cells.cny / per_order)).astype(int))
    extra = rng.choice(kept, max(1, round(len(kept) * calibration.CANCELLED_ORDERS)))
    cell = np.concatenate([kept, extra])
    market = cells.market[cell]
    domestic = np.isin(market, DOMESTIC)
    chances = day_weights(month)
    day = day_number(month) + rng.choice(len(chances), len(cell), p=chances)

    country = np.zeros(len(cell), dtype=np.int64)
    for number, name in enumerate(MARKET_NAMES):
        mask = market == number
        codes = np.array([COUNTRIES.index(code) for code in MARKETS[name]])
        country[mask] = rng.choice(codes, mask.sum(), p=_chances(MARKETS[name]))
    other_provinces = 1 + rng.choice(len(PROVINCES), len(cell), p=_chances(PROVINCES))
    province = np.where(
        market == MARKET_NAMES.index(OTHER_DOMESTIC), other_provinces, np.where(domestic, 0, -1)
    )
    in_euro = np.isin(market, [MARKET_NAMES.index(m) for m in EURO_MARKETS]) & (
        rng.random(len(cell)) < EUR_SHARE
    )
    orders = pl.DataFrame(
        {
            "cell": cell,
            "cancelled": np.arange(len(cell)) >= len(kept),
            "mill": _draw_mills(cluster, rng, cells, cell, shift_progress(month)),
            "market": market,
            "country": country,
            "province": province,
            "customer": 1 + (CUSTOMERS_PER_MARKET * rng.random(len(cell)) ** 2).astype(np.int64),
            "currency": np.where(
                domestic, CURRENCIES.index("CNY"), CURRENCIES.index("USD") + in_euro.astype(int)
            ),
            "incoterm": np.where(domestic, -1, rng.choice(len(INCOTERMS), len(cell), p=_chances(INCOTERMS))),
            "day": day,
            "ship_day": day + rng.integers(*calibration.SHIPPING_DAYS, len(cell), endpoint=True),
        }
    )
    by_day = np.lexsort([rng.random(len(cell)), day])
    first = (month.year % 100 * 100 + month.month) * 10_000_000 + 1
    return orders[by_day].with_columns(order=np.arange(first, first + len(cell)))


def _draw_mills(
    cluster: Cluster, rng: np.random.Generator, cells: Cells, cell: Ints, progress: float
) -> Ints:
    mill = cells.seller[cell].copy()
    product, domestic = cells.product[cell], np.isin(cells.market[cell], DOMESTIC)
    for number, name in enumerate(PRODUCT_GROUPS):
        for side in (True, False):
            mask = (mill == POOL) & (product == number) & (domestic == side)
            weights = seller_weights(cluster, number, side, progress if name == "denim" else 0.0)
            mill[mask] = rng.choice(len(weights), mask.sum(), p=weights)
    return mill


def _draw_goods(rng: np.random.Generator, product: Ints, order: Ints, line_no: Ints) -> Ints:
    """A good of the cell's product group for every line; most later lines repeat the order's first."""
    good = np.zeros(len(product), dtype=np.int64)
    for number, group in enumerate(PRODUCT_GROUPS):
        mask = product == number
        choices = np.array([i for i in range(len(GOODS)) if GOODS[i].group == group])
        shares = np.array([GOODS[i].share for i in choices])
        good[mask] = rng.choice(choices, mask.sum(), p=shares / shares.sum())
    repeats = (line_no > 1) & (rng.random(len(good)) < 0.75)
    first = good[line_no == 1]
    return np.where(repeats, first[order], good)


def _share_out(rng: np.random.Generator, cells: Cells, cell: Ints, cancelled: Bools) -> Floats:
    """Every line's CNY: random weights, scaled so that the lines kept sum to their cell's value."""
    weight = rng.lognormal(0, 0.7, len(cell))
    kept = np.bincount(cell, np.where(cancelled, 0, weight), len(cells.cny))
    return np.asarray(weight * (cells.cny / kept)[cell], dtype=np.float64)


def _revision_days(cluster: Cluster, rng: np.random.Generator, day: Ints, cancelled: Bools) -> pl.Series:
    """The day of the second version, or null. Revisions after the last day are left out."""
    last = day_number(cluster.last_day)
    later = day + rng.integers(*calibration.REVISION_DAYS, len(day), endpoint=True)
    within = day + (rng.random(len(day)) * (last - day + 1)).astype(np.int64)
    amended = ~cancelled & (rng.random(len(day)) < calibration.AMENDED_LINES) & (later <= last)
    revised = np.where(cancelled, np.where(later <= last, later, within), later)
    return pl.Series("revised_day", revised).set(pl.Series(~(amended | cancelled)), None)


def _chances(weights: dict[str, float] | dict[str, int]) -> Floats:
    values = np.array(list(weights.values()), dtype=np.float64)
    return np.asarray(values / values.sum(), dtype=np.float64)
