"""``textile generate``: a synthetic cluster's files, month by month, in the formats the sources deliver."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from include.demo.synthetic.declaration_files import write_declarations
from include.demo.synthetic.declarations import month_items, shipments
from include.demo.synthetic.deliveries import (
    declaration_calendar,
    month_list,
    order_calendar,
    take_due,
    versions,
)
from include.demo.synthetic.mills import make_cluster
from include.demo.synthetic.order_files import write_orders
from include.demo.synthetic.orders import day_number, month_end, month_lines
from include.demo.synthetic.statistics import write_statistics
from include.demo.synthetic.writers import Written
from include.errors import SetupError

LAST_DAY = dt.date(2020, 9, 30)
# Goods ship up to SHIPPING_DAYS after the order: declarations of a month look back this many months.
WARM_UP_MONTHS = 2

# Called after each month with (month, months done, months in all).
Progress = Callable[[dt.date, int, int], None]


@dataclass(frozen=True)
class GenerateResult:
    """What was written: rows count every delivered version, bytes are of all files."""

    files: int
    order_lines: int
    declaration_items: int
    statistics_rows: int
    bytes: int


def generate(
    out: Path,
    months: int = 36,
    enterprises: int = 60,
    seed: int = 7,
    scale: float = 1,
    last_day: dt.date = LAST_DAY,
    progress: Progress | None = None,
) -> GenerateResult:
    """Write ``months`` months of a cluster of ``enterprises`` mills under ``out``, ending on ``last_day``.

    ``out`` gets one folder per source and can be the landing folder. ``scale`` multiplies rows and value
    alike, so that a line stays as large as a line is. The same arguments write the same bytes. A year of
    history is one file per mill; see :func:`deliveries.order_calendar`. In a very small
    cluster (under about ten mills' worth of lines) nothing may leave in a rare month, product and market.
    Raises SetupError for arguments that are out of range, or a month without exchange rate.
    """
    if months < 1:
        raise SetupError(f"cannot generate {months} months: ask for at least 1")
    cluster = make_cluster(enterprises, seed, scale, last_day)
    wanted = month_list(last_day, months)
    orders_in, declarations_in = order_calendar(wanted, last_day), declaration_calendar(wanted, last_day)
    last = day_number(last_day)
    shipped: list[pl.DataFrame] = []
    orders_waiting: list[pl.DataFrame] = []
    items_waiting: list[pl.DataFrame] = []
    orders: list[Written] = []
    declarations: list[Written] = []
    statistics: list[Written] = []
    for done, month in enumerate(month_list(last_day, months + WARM_UP_MONTHS), 1 - WARM_UP_MONTHS):
        lines = month_lines(cluster, month).filter(pl.col("day") <= last)
        shipped = [*shipped[-WARM_UP_MONTHS:], shipments(lines)]
        if done < 1:
            continue
        items = month_items(cluster, pl.concat(shipped), month).filter(pl.col("ship_day") <= last)
        statistics += write_statistics(cluster, items, month, out / "customs_statistics")

        end = min(month_end(month), last)
        is_daily = cluster.daily[lines["mill"].to_numpy()]
        orders_waiting.append(versions(lines, lines["day"], orders_in, is_daily))
        due, orders_waiting = take_due(orders_waiting, orders_in, end)
        orders += write_orders(cluster, due, orders_in.labels, out / "enterprise_orders")

        every_day = np.ones(items.height, dtype=np.bool_)
        items_waiting.append(versions(items, items["ship_day"], declarations_in, every_day))
        due, items_waiting = take_due(items_waiting, declarations_in, end)
        declarations += write_declarations(cluster, due, declarations_in.labels, out / "customs_exports")
        if progress:
            progress(month, done, months)
    written = (*orders, *declarations, *statistics)
    return GenerateResult(
        files=len(written),
        order_lines=sum(file.rows for file in orders),
        declaration_items=sum(file.rows for file in declarations),
        statistics_rows=sum(file.rows for file in statistics),
        bytes=sum(file.bytes for file in written),
    )
