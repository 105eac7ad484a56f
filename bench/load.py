"""(a), (b) One large customs file: raw COPY, read + COPY, and the whole gated load."""

import shutil
from itertools import count, islice
from pathlib import Path

import psycopg

from bench.timing import ROUNDS, median, seconds
from include import pipeline, synthetic
from include.settings import Role, Settings
from include.sources import read
from include.sources.contract import contract
from include.sources.manifest import Manifest
from include.sources.profile import canonical
from include.warehouse import load_table
from include.warehouse.connection import connect

SOURCE = "customs_exports"
_ITEMS_PER_SCALE = 900  # a month of the generator at scale 1
_COPIES = 30
_CHUNK = 1024 * 1024


def measure(settings: Settings, lines: int) -> dict[str, float]:
    """Median seconds of each way, and their ratios to raw COPY; the three take turns."""
    path = make_file(settings.home / "bench_file", lines)
    took: dict[str, list[float]] = {"raw_copy_s": [], "read_and_copy_s": [], "gated_load_s": []}
    for turn in range(ROUNDS):
        print(f"load of {lines:,} lines ({path.stat().st_size / 1e6:.0f} MB): turn {turn + 1} of {ROUNDS}")
        took["raw_copy_s"].append(seconds(lambda: raw_copy(settings, path)))
        took["read_and_copy_s"].append(seconds(lambda: read_and_copy(settings, path, lines)))
        took["gated_load_s"].append(seconds(lambda: gated_load(settings, path, lines)))
        empty(settings)
    shutil.rmtree(path.parent)
    result = {name: median(values) for name, values in took.items()}
    for name in ("read_and_copy", "gated_load"):
        result[f"{name}_ratio"] = round(result[f"{name}_s"] / result["raw_copy_s"], 2)
    return result


def make_file(folder: Path, lines: int) -> Path:
    """One file of exactly ``lines`` items: a generated month, repeated under other declaration numbers."""
    synthetic.generate(folder / "parts", months=1, scale=max(lines / _COPIES / _ITEMS_PER_SCALE, 0.1))
    header, items = "", []
    for part in sorted((folder / "parts" / SOURCE).glob("*-*-*.csv")):
        header, *rows = part.read_text(encoding="utf-8-sig").splitlines()
        items += rows
    assert header.startswith("报关单号,")
    path = folder / "declarations.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{header}\n")
        repeated = (f"{1000 + copy}{row[4:]}\n" for copy in count() for row in items)
        file.writelines(islice(repeated, lines))
    shutil.rmtree(folder / "parts")
    return path


def raw_copy(settings: Settings, path: Path) -> None:
    """The limit: the file's bytes, as they are, into a bare typed table."""
    with path.open(encoding="utf-8") as file:
        header = file.readline().rstrip("\n").split(",")
    columns = {name: c for c in contract(SOURCE).columns for name in c.headers}
    declared = ", ".join(f"{columns[name].name} {columns[name].postgres_type}" for name in header)
    with connect(settings, Role.ADMIN) as connection:
        connection.execute("drop table if exists load.bare")
        connection.execute(f"create table load.bare ({declared})".encode())
        with (
            connection.cursor().copy("copy load.bare from stdin (format csv, header)") as copy,
            path.open("rb") as content,
        ):
            while chunk := content.read(_CHUNK):
                copy.write(chunk)


def read_and_copy(settings: Settings, path: Path, lines: int) -> None:
    """Read, map, cast and COPY, as the first step of a load does."""
    of = contract(SOURCE)
    with connect(settings, Role.LOADER) as connection:
        table = load_table.create(connection, of, 0)
        blocks = read.blocks(path, of, canonical(SOURCE), Manifest())
        assert load_table.copy_blocks(connection, table, 0, blocks) == lines
        connection.commit()
        load_table.drop(connection, table)


def gated_load(settings: Settings, path: Path, lines: int) -> None:
    """Everything that ``textile load`` does: read, COPY, audit, accept, keep."""
    (result,) = pipeline.load_files(settings, SOURCE, [path])
    assert (result.status, result.accepted + result.unchanged) == ("accepted", lines), result


def empty(settings: Settings) -> None:
    """Forget the load, so that the next turn is the first again."""
    shutil.rmtree(settings.home / "archive")
    with psycopg.connect(settings.dsn(Role.ADMIN), autocommit=True) as connection:
        connection.execute(
            f"truncate raw.{SOURCE}, raw.{SOURCE}_history, ops.load restart identity cascade".encode()
        )
        connection.execute("drop table if exists load.bare")
        connection.execute("checkpoint")
