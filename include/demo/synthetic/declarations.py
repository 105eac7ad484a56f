"""Export declaration items of the order lines that are exported in a month."""

import datetime as dt

import numpy as np
import polars as pl

from include.demo.synthetic import calibration
from include.demo.synthetic.demand import DOMESTIC, month_cells
from include.demo.synthetic.goods import (
    CURRENCIES,
    FREIGHT_SHARE,
    GOODS,
    INCOTERMS,
    MARKET_NAMES,
    PRODUCT_GROUPS,
)
from include.demo.synthetic.mills import Bools, Cluster, Floats, Ints, Stream
from include.demo.synthetic.orders import day_number, month_end

CHINA = -1  # destination of goods turned to the domestic market
TRADE_MODES = (*calibration.TRADE_MODES, "0245", "0644")
DISTRICTS = ("33149", "33079", "33069", "33189")
# Customs offices where the goods leave: the first four digits of a declaration number.
OFFICES = ("2931", "3104", "2225")
_GROUP = np.array([PRODUCT_GROUPS.index(good.group) for good in GOODS])


def shipments(lines: pl.DataFrame) -> pl.DataFrame:
    """The export lines of a month that will be shipped, with the columns for declarations."""
    return lines.filter(~pl.col("cancelled") & (pl.col("province") < 0)).select(
        *("order", "good", "mill", "market", "country", "currency", "incoterm"),
        *("ship_day", "cny", "length", "kg", "quantity"),
    )


def month_items(cluster: Cluster, shipped: pl.DataFrame, month: dt.date) -> pl.DataFrame:
    """The declaration items of a month from the lines of ``shipped`` that leave in it.

    One declaration per order, one item per good in it. Per (product group, market) the items that count as
    the cluster's exports sum to the calibrated value in CNY. Columns are positions as in
    :func:`include.demo.synthetic.orders.month_lines`; ``counts`` marks those items.
    """
    rng = cluster.rng(Stream.DECLARATIONS, month)
    leaving = shipped.filter(pl.col("ship_day").is_between(day_number(month), month_end(month)))
    items = _merge_lines(leaving.sort("order", "good"))
    factor = _calibration_factors(cluster, items, month)
    items = items.with_columns(pl.col("cny", "quantity_1", "quantity_2") * pl.Series("factor", factor))

    kept = items.height
    picks = {
        "deleted": _pick_extra(rng, kept, calibration.DELETED_ITEMS),
        "turned": _pick_extra(rng, kept, calibration.TURNED_DOMESTIC_ITEMS),
        "elsewhere": _pick_extra(rng, kept, calibration.OTHER_DISTRICT_ITEMS),
    }
    source = np.concatenate([np.arange(kept), *picks.values()])
    kind = np.repeat(["kept", *picks], [kept, *(len(p) for p in picks.values())])
    size = np.where(kind == "kept", 1.0, rng.uniform(0.4, 1.2, len(source)))
    items = items[source].with_columns(pl.col("cny", "quantity_1", "quantity_2") * pl.Series("size", size))
    number, item_no = _number(items["order"].to_numpy(), kept, month)
    mode = rng.choice(len(calibration.TRADE_MODES), len(source), p=list(calibration.TRADE_MODES.values()))
    turned = rng.integers(len(calibration.TRADE_MODES), len(TRADE_MODES), len(source))
    items = items.with_columns(
        number=number,
        office=np.array(items["order"].to_numpy() % len(OFFICES)),
        item_no=item_no,
        mode=np.where(kind == "turned", turned, mode),
        country=np.where(kind == "turned", CHINA, items["country"].to_numpy()),
        district=np.where(kind == "elsewhere", rng.integers(1, len(DISTRICTS), len(source)), 0),
        deleted=kind == "deleted",
        counts=kind == "kept",
        revised_day=_revision_days(cluster, rng, items["ship_day"].to_numpy(), kind == "deleted"),
        first_size=rng.uniform(0.9, 1.1, len(source)),
        clock=rng.integers(8 * 3600, 13 * 3600, len(source)),
    )
    return _with_money(cluster, items, month)


def _merge_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """One row per order and good (``lines`` are sorted so): value and statutory quantities are summed.

    ``quantity_1`` is in the good's first statutory unit, ``quantity_2`` in kilograms.
    """
    order, good = lines["order"].to_numpy(), lines["good"].to_numpy()
    starts = np.flatnonzero(np.r_[True, (order[1:] != order[:-1]) | (good[1:] != good[:-1])])
    is_fabric = np.array([g.gsm is not None for g in GOODS])[good]
    first = np.where(is_fabric, lines["length"].to_numpy(), lines["quantity"].to_numpy())
    sums = {
        "cny": np.add.reduceat(lines["cny"].to_numpy(), starts),
        "quantity_1": np.add.reduceat(first, starts),
        "quantity_2": np.add.reduceat(lines["kg"].to_numpy(), starts),
    }
    return lines[starts].drop("cny", "length", "kg", "quantity").with_columns(**sums)


def _calibration_factors(cluster: Cluster, items: pl.DataFrame, month: dt.date) -> Floats:
    """Factors that scale the items of each (product group, market) to the declared share of exports."""
    cells = month_cells(cluster, month)
    exported = ~np.isin(cells.market, DOMESTIC)
    size = len(PRODUCT_GROUPS) * len(MARKET_NAMES)
    wanted = np.bincount(
        (cells.product * len(MARKET_NAMES) + cells.market)[exported], cells.cny[exported], size
    )
    key = _GROUP[items["good"].to_numpy()] * len(MARKET_NAMES) + items["market"].to_numpy()
    found = np.bincount(key, items["cny"].to_numpy(), size)
    factors = np.divide(wanted * calibration.DECLARED_SHARE, found, out=np.ones(size), where=found > 0)
    return np.asarray(factors[key], dtype=np.float64)


def _with_money(cluster: Cluster, items: pl.DataFrame, month: dt.date) -> pl.DataFrame:
    """Statistical value in both currencies at the month's customs rate, transaction value, quantities."""
    rates = np.array([cluster.reference.rate(month, currency) for currency in CURRENCIES])
    dollar = rates[CURRENCIES.index("USD")]
    fob_usd = np.maximum(np.round(items["cny"].to_numpy() / dollar, 2), 0.01)
    fob_cny = np.round(fob_usd * dollar, 2)
    freight = np.where(items["incoterm"].to_numpy() == list(INCOTERMS).index("FOB"), 0, FREIGHT_SHARE)
    transaction = np.round(fob_cny / rates[items["currency"].to_numpy()] * (1 + freight), 2)
    return items.with_columns(
        fob_usd=fob_usd,
        fob_cny=fob_cny,
        transaction=transaction,
        dollar=pl.lit(dollar),
        quantity_1=np.maximum(np.round(items["quantity_1"].to_numpy()), 1),
        quantity_2=np.maximum(np.round(items["quantity_2"].to_numpy()), 1),
    ).drop("cny")


def _number(order: Ints, kept: int, month: dt.date) -> tuple[Ints, Ints]:
    """(serial of the declaration, item number); items beyond ``kept`` have their own declaration."""
    opens = np.r_[True, order[1:] != order[:-1]]
    opens[kept:] = True
    serial = np.cumsum(opens)
    starts = np.flatnonzero(opens)
    return month.month * 10_000_000 + serial, np.arange(len(order)) - starts[serial - 1] + 1


def _pick_extra(rng: np.random.Generator, count: int, share: float) -> Ints:
    return rng.choice(count, max(1, round(count * share)))


def _revision_days(cluster: Cluster, rng: np.random.Generator, day: Ints, deleted: Bools) -> pl.Series:
    """The day of the second version, or null; nothing is revised after the cluster's last day."""
    last = day_number(cluster.last_day)
    later = day + rng.integers(1, 25, len(day))
    amended = ~deleted & (rng.random(len(day)) < calibration.AMENDED_ITEMS) & (later <= last)
    revised = np.minimum(later, np.maximum(last, day))
    return pl.Series("revised_day", revised).set(pl.Series(~(amended | deleted)), None)
