"""One more day for the demo: good files, one with bad rows, one to be refused, and declarations."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from stdnum.cn import uscc

from include.demo.synthetic.declaration_files import write_declarations
from include.demo.synthetic.declarations import month_items, shipments
from include.demo.synthetic.deliveries import month_list
from include.demo.synthetic.dialects import DIALECTS, XLSX, Dialect
from include.demo.synthetic.generate import WARM_UP_MONTHS
from include.demo.synthetic.mills import Cluster, Stream, make_cluster
from include.demo.synthetic.order_files import order_table, write_orders, write_table
from include.demo.synthetic.orders import day_number, month_lines
from include.demo.synthetic.writers import write_bytes
from include.errors import SetupError

NEW_LINES = 12  # of a good file
BAD_FILE_LINES = 60
_PORTAL_PAGE = """<!DOCTYPE html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>系统提示</title></head>
<body><div class="error">查询人数过多，请稍后再试，或缩小查询范围后重新查询。</div></body>
</html>
"""


@dataclass(frozen=True)
class BadCell:
    """A value that must send its row to quarantine; ``line`` counts from the header, which is line 1."""

    line: int
    column: str
    value: str


@dataclass(frozen=True)
class NextDay:
    """The day's files: ``good`` and ``declarations`` are accepted completely, ``refused`` is refused."""

    good: list[Path]
    bad_rows: Path
    bad_cells: list[BadCell]
    refused: Path
    declarations: list[Path]


def generate_next_day(
    out: Path, enterprises: int = 60, seed: int = 7, scale: float = 1, day: dt.date = dt.date(2020, 10, 1)
) -> NextDay:
    """Write the files of ``day`` under ``out``, continuing what ``generate`` wrote up to the day before.

    ``enterprises``, ``seed`` and ``scale`` must be those of that call. Four mills, each with another ERP,
    deliver new lines, one amended and one cancelled line; the mill with most orders delivers a file in
    which five of 60 rows are bad; the statistics portal answers a download with a web page.
    Raises SetupError as ``generate`` does.
    """
    cluster = make_cluster(enterprises, seed, scale, day - dt.timedelta(days=1))
    *earlier, month = month_list(day, WARM_UP_MONTHS + 1)
    drawn = [month_lines(cluster, past) for past in (*earlier, month)]
    new = drawn[-1].filter(~pl.col("cancelled")).with_columns(_on_day(day), revised_day=None, version=0)
    known = drawn[-1] if day.day > 1 else drawn[-2]
    known = known.filter(pl.col("day").is_between(day_number(day) - 31, day_number(day) - 1))

    by_volume = [
        int(mill) for mill in new["mill"].value_counts(sort=True).sort("count", "mill")["mill"][::-1]
    ]
    bad_mill = next((mill for mill in by_volume if cluster.dialect[mill] != XLSX.number), None)
    if bad_mill is None:
        raise SetupError(f"scale {scale} leaves no mill with orders in {month:%Y-%m}: use a larger scale")
    first_of_dialect = {cluster.dialect[mill]: mill for mill in reversed(by_volume) if mill != bad_mill}
    good_lines = [_good_lines(new, known, mill, day) for mill in sorted(first_of_dialect.values())]
    due = pl.concat(good_lines, how="diagonal_relaxed").with_columns(period=0)
    label = f"{day:%Y-%m-%d}"
    good = [file.path for file in write_orders(cluster, due, [label], out / "enterprise_orders")]
    bad_rows, bad_cells = _write_bad_rows(
        cluster, new.filter(pl.col("mill") == bad_mill), bad_mill, label, out
    )

    items = month_items(cluster, pl.concat([shipments(lines) for lines in drawn]), month)
    items = items.filter(pl.col("ship_day") == day_number(day)).with_columns(
        period=0, version=0, revised_day=None
    )
    declared = write_declarations(cluster, items, [label], out / "customs_exports")
    return NextDay(
        good=good,
        bad_rows=bad_rows,
        bad_cells=bad_cells,
        refused=_write_portal_page(earlier[0], out),
        declarations=[file.path for file in declared],
    )


def _on_day(day: dt.date) -> list[pl.Expr]:
    """Move orders of the month to ``day``, with the same time to shipment."""
    return [
        (pl.col("ship_day") - pl.col("day") + day_number(day)).alias("ship_day"),
        pl.lit(day_number(day), dtype=pl.Int64).alias("day"),
    ]


def _good_lines(new: pl.DataFrame, known: pl.DataFrame, mill: int, day: dt.date) -> pl.DataFrame:
    """A mill's new lines, and second versions of two lines it delivered before: amended, cancelled."""
    lines = new.filter(pl.col("mill") == mill).head(NEW_LINES)
    delivered = known.filter((pl.col("mill") == mill) & pl.col("revised_day").is_null()).sort("cny").head(2)
    quantity = pl.max_horizontal((pl.col("quantity") * 0.9).round(), 1)
    revised = delivered.with_columns(
        version=1,
        revised_day=pl.lit(day_number(day), dtype=pl.Int64),
        cancelled=pl.int_range(pl.len()) == 0,
        quantity=quantity,
        amount=(quantity * pl.col("unit_price")).round(2),
    )
    return pl.concat([lines, revised], how="diagonal_relaxed")


def _write_bad_rows(
    cluster: Cluster, lines: pl.DataFrame, mill: int, label: str, out: Path
) -> tuple[Path, list[BadCell]]:
    """A file of 60 lines, five of which fail one rule each."""
    dialect = DIALECTS[cluster.dialect[mill]]
    rows = np.arange(BAD_FILE_LINES)
    repeated = lines[rows % lines.height].with_columns(
        order=lines.item(-1, "order") + 5_000_000 + rows, line_no=1
    )
    table = _as_text(order_table(cluster, mill, repeated), dialect)
    code = cluster.uscc[mill]
    wrong_check = next(c for c in "0123456789" if not uscc.is_valid(code[:-1] + c))
    at = np.sort(cluster.rng(Stream.NEXT_DAY).choice(BAD_FILE_LINES, 5, replace=False))
    bad = [
        ("enterprise_uscc", code[:-1] + wrong_check),
        ("quantity", "-350"),
        ("unit", "麻袋"),
        ("order_date", "2099-12-31"),
        ("amount", "一万二千"),
    ]
    cells = []
    for row, (column, value) in zip(at.tolist(), bad, strict=True):
        table[row, column] = value
        cells.append(BadCell(line=row + 2, column=dialect.headers[column], value=value))
        if column == "order_date":
            table[row, "ship_date"] = None  # otherwise this row would fail a second rule
    name = dialect.file_name.format(uscc=code, name=cluster.names[mill], period=label)
    path = out / "enterprise_orders" / f"{name}.{dialect.suffix}"
    write_table(table, dialect, path)
    return path, cells


def _as_text(table: pl.DataFrame, dialect: Dialect) -> pl.DataFrame:
    """All columns as text, in the notation that the dialect's file would have."""
    return table.with_columns(
        pl.col(pl.Date).dt.to_string(dialect.date_format),
        pl.col(pl.Datetime).dt.to_string(f"{dialect.date_format} %H:%M:%S"),
    ).cast(pl.String)


def _write_portal_page(month: dt.date, out: Path) -> Path:
    """A repeated download of a month that is a web page of the portal under a CSV name."""
    path = out / "customs_statistics" / f"出口统计_{month:%Y%m}_重新下载.csv"
    manifest = f"flow: export\nmonth: {month:%Y-%m}\n"
    write_bytes(manifest.encode(), path.with_name(f"{path.name}.yml"))
    write_bytes(_PORTAL_PAGE.encode(), path)
    return path
