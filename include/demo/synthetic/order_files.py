"""Write order lines to a mill's file, in the notation of its ERP."""

from pathlib import Path

import numpy as np
import polars as pl

from include.demo.synthetic import writers
from include.demo.synthetic.dialects import DIALECTS, Dialect
from include.demo.synthetic.goods import COUNTRIES, CURRENCIES, GOODS, INCOTERMS
from include.demo.synthetic.mills import Cluster
from include.demo.synthetic.orders import ALL_PROVINCES, CUSTOMERS_PER_MARKET, UNITS
from include.demo.synthetic.seed_values import Reference

_REVISED_LATER_SECONDS = 5 * 3600


def write_orders(
    cluster: Cluster, due: pl.DataFrame, labels: list[str], folder: Path
) -> list[writers.Written]:
    """Write one file per mill and period of ``due``; in the order of mills and periods."""
    ordered = due.sort("mill", "period", "day", "order", "line_no", "version")
    written = []
    for lines in ordered.partition_by("mill", "period", maintain_order=True):
        mill, label = lines.item(0, "mill"), labels[lines.item(0, "period")]
        dialect = DIALECTS[cluster.dialect[mill]]
        name = dialect.file_name.format(uscc=cluster.uscc[mill], name=cluster.names[mill], period=label)
        path = folder / f"{name}.{dialect.suffix}"
        written.append(write_table(order_table(cluster, mill, lines), dialect, path))
    return written


def order_table(cluster: Cluster, mill: int, lines: pl.DataFrame) -> pl.DataFrame:
    """The columns of one mill's file by their canonical names, in the words of its ERP."""
    dialect, reference = DIALECTS[cluster.dialect[mill]], cluster.reference
    is_revised = lines["version"] == 1
    status = np.where(is_revised, np.where(lines["cancelled"], 2, 1), 0)
    columns: dict[str, pl.Expr | pl.Series] = {
        "enterprise_uscc": pl.lit(cluster.uscc[mill]),
        "order_no": pl.format("SO{}", pl.col("order")),
        "line_no": pl.col("line_no"),
        "order_date": pl.col("day").cast(pl.Int32).cast(pl.Date),
        "ship_date": pl.when("shows_ship").then(pl.col("ship_day").cast(pl.Int32).cast(pl.Date)),
        "customer_code": pick(_customer_codes(), _customer_number(lines)),
        "customer_name": pick(_customer_names(reference), _customer_number(lines)),
        "country": pick([reference.countries[c][dialect.country] for c in COUNTRIES], lines["country"]),
        "province": pick(
            [reference.provinces[p][dialect.province] for p in ALL_PROVINCES], lines["province"]
        ),
        "hs_code": pick([good.hs_code + dialect.hs_suffix for good in GOODS], lines["good"]),
        "product_name": pick([getattr(good, dialect.product_name) for good in GOODS], lines["good"]),
        "quantity": pl.when(is_revised | pl.col("revised_day").is_null())
        .then("quantity")
        .otherwise("first_quantity"),
        "unit": pick([reference.units[u][dialect.unit] for u in UNITS], lines["unit"]),
        "unit_price": pl.col("unit_price"),
        "amount": pl.when(is_revised | pl.col("revised_day").is_null())
        .then("amount")
        .otherwise("first_amount"),
        "currency": pick(list(CURRENCIES), lines["currency"]),
        "incoterm": pick(list(INCOTERMS), lines["incoterm"]),
        "fabric_width_cm": pl.when("shows_fabric").then("width"),
        "fabric_gsm": pl.when("shows_fabric").then("gsm"),
        "status": pick(list(dialect.status), pl.Series(status)),
        "updated_at": updated_at(lines, "day"),
    }
    return lines.select(**columns)


def write_table(table: pl.DataFrame, dialect: Dialect, path: Path) -> writers.Written:
    """Write the table with the dialect's headers, column order and encoding."""
    headed = table.select(pl.col(column).alias(header) for column, header in dialect.headers.items())
    if dialect.suffix == "xlsx":
        return writers.write_workbook(headed, path)
    return writers.write_csv(
        headed,
        path,
        encoding=dialect.encoding,
        bom=dialect.bom,
        newline=dialect.newline,
        date_format=dialect.date_format,
    )


def updated_at(rows: pl.DataFrame, day: str) -> pl.Expr:
    """When the delivered version was entered; a revision of the same day is hours later."""
    moment = (
        pl.when(rows["version"] == 1)
        .then(pl.col("revised_day") * 86400 + _REVISED_LATER_SECONDS)
        .otherwise(pl.col(day) * 86400)
    )
    return pl.from_epoch(moment + pl.col("clock"), time_unit="s")


def pick(words: list[str], positions: pl.Series) -> pl.Series:
    """The word at each position; null where the position is negative."""
    return pl.Series(words)[positions.set(positions < 0, None).cast(pl.UInt32)]


def _customer_number(lines: pl.DataFrame) -> pl.Series:
    """Position in the list of customers: those of a country, then those of a province."""
    place = pl.when(pl.col("province") >= 0).then(pl.col("province") + len(COUNTRIES)).otherwise("country")
    return lines.select(place * CUSTOMERS_PER_MARKET + pl.col("customer") - 1).to_series()


def _customer_codes() -> list[str]:
    places = (*COUNTRIES, *ALL_PROVINCES)
    return [f"C{place}{n:03d}" for place in places for n in range(1, CUSTOMERS_PER_MARKET + 1)]


def _customer_names(reference: Reference) -> list[str]:
    """Names that are clearly invented."""
    abroad = [f"Sample Buyer {reference.countries[c]['name_en']} No." for c in COUNTRIES]
    at_home = [f"示例{reference.provinces[p]['name_zh']}客户" for p in ALL_PROVINCES]
    return [f"{name}{n:03d}" for name in (*abroad, *at_home) for n in range(1, CUSTOMERS_PER_MARKET + 1)]
