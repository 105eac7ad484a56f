"""One small cluster on disk for all tests of the generator, and its files as the load would read them."""

import datetime as dt
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

from include.demo.synthetic import GenerateResult, generate
from include.load.drop_folder import find
from include.sources.contract import Column, contract
from include.sources.counts import ReadCounts
from include.sources.lookups import seed
from include.sources.manifest import manifest
from include.sources.profile import canonical
from include.sources.read import DeliveredFile, blocks

ENTERPRISES, SEED, SCALE, MONTHS = 20, 11, 0.5, 14


class Generated(NamedTuple):
    folder: Path
    result: GenerateResult


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    folder = tmp_path_factory.mktemp("synthetic")
    return Generated(folder, generate(folder, months=MONTHS, enterprises=ENTERPRISES, seed=SEED, scale=SCALE))


@pytest.fixture(scope="session")
def orders(generated: Generated) -> pl.DataFrame:
    return read(generated.folder, "enterprise_orders")


@pytest.fixture(scope="session")
def items(generated: Generated) -> pl.DataFrame:
    return read(generated.folder, "customs_exports")


@pytest.fixture(scope="session")
def statistics(generated: Generated) -> pl.DataFrame:
    return read(generated.folder, "customs_statistics")


def read(folder: Path, source: str) -> pl.DataFrame:
    """Every row of every file of a source, by its contract and without a profile, with its ``file``."""
    of = contract(source)
    text = pl.concat(
        block.rows.with_columns(file=pl.lit(path.name))
        for path in find(folder, source)
        for block in blocks(
            DeliveredFile(path, of, canonical(source), manifest(path, of), path.parent / "unpacked"),
            ReadCounts(),
        )
    )
    return text.with_columns(_typed(column) for column in of.columns)


def _typed(column: Column) -> pl.Expr:
    """The reader hands text in the database's notation on; here it becomes numbers and dates."""
    value = pl.col(column.name)
    if column.decimal:
        return value.cast(pl.Float64)
    if column.type in ("date", "month"):
        return value.str.to_date("%Y-%m-%d")
    if column.type == "timestamp":
        return value.str.slice(0, 19).str.to_datetime("%Y-%m-%d %H:%M:%S")
    return value


def current(rows: pl.DataFrame, source: str) -> pl.DataFrame:
    """The newest version of every key, without cancelled lines and deleted items."""
    newest = rows.sort("updated_at").unique(contract(source).key, keep="last")
    return newest.filter(~pl.col("status").is_in(["cancelled", "deleted"]))


def with_markets(rows: pl.DataFrame, country: str, day: str) -> pl.DataFrame:
    """Add ``month``, ``market_group`` (of today) and ``product_group`` (longest prefix)."""
    members = seed("market_group_members").filter(pl.col("valid_to").is_null())
    groups = seed("product_group_codes").with_columns(pl.col("hs_prefix").fill_null(""))
    by_prefix = dict(groups.select("hs_prefix", "product_group").iter_rows())
    product = {
        code: next(by_prefix[code[:n]] for n in range(len(code), -1, -1) if code[:n] in by_prefix)
        for code in rows["hs_code"].unique()
    }
    return rows.with_columns(
        month=pl.col(day).dt.truncate("1mo"),
        product_group=pl.col("hs_code").replace_strict(product),
        market_group=pl.col(country).replace_strict(
            dict(members.select("country_code", "market_group").iter_rows())
        ),
    )


def month(year: int, number: int) -> dt.date:
    return dt.date(year, number, 1)
