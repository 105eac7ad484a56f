"""Every way in which the bench calls the project, in one place."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from include.load import loading
from include.load.load_log import FileResult
from include.local import stack
from include.settings import Role, Settings, load_settings
from include.sources import read
from include.sources.contract import contract
from include.sources.counts import ReadCounts
from include.sources.manifest import Manifest
from include.sources.profile import canonical
from include.warehouse import load_table
from include.warehouse.connection import connect


def read_and_copy(settings: Settings, source: str, path: Path) -> int:
    """The first step of a load: read, map, cast, split, COPY; returns the rows. Nothing is left behind."""
    with connect(settings, Role.LOADER) as connection:
        table = load_table.create(connection, contract(source), 0)
        rows = load_table.copy_blocks(connection, table, 0, _blocks(source, path))
        connection.commit()
        load_table.drop(connection, table)
    return rows


def read_all(source: str, path: Path) -> int:
    """Read, map and cast every row of a file; returns the rows."""
    return sum(block.rows.height for block in _blocks(source, path))


def _blocks(source: str, path: Path) -> Iterator[read.Block]:
    scratch = path.parent / "scratch"
    file = read.DeliveredFile(path, contract(source), canonical(source), Manifest(), scratch)
    return read.blocks(file, ReadCounts())


def load(settings: Settings, source: str, path: Path) -> int:
    """Everything that ``textile load`` does: read, COPY, validate, accept, keep. Returns rows accepted."""
    return _accepted(settings, source, path).accepted


def load_again(settings: Settings, source: str, path: Path) -> int:
    """The same for rows that are there already; returns how many of them are unchanged."""
    return _accepted(settings, source, path).unchanged


def _accepted(settings: Settings, source: str, path: Path) -> FileResult:
    (result,) = loading.load_files(settings, source, [path])
    assert result.status == "accepted", result
    return result


def command(*words: str | Path) -> list[str]:
    """A command line of ``textile``."""
    return [str(Path(sys.executable).with_name("textile")), *map(str, words), "--json"]


def textile(*words: str | Path) -> dict[str, Any]:
    """Run a command; its JSON."""
    done = subprocess.run(command(*words), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def start_afresh() -> Settings:
    """A stack without a row and without Airflow, in place of the one that runs in the bench's home."""
    home = load_settings().home
    stack.down()
    shutil.rmtree(home)
    stack.up(with_airflow=False)
    return load_settings()


def empty(settings: Settings, source: str) -> None:
    """Forget all loads and the source's rows, so that the next load is the first again."""
    shutil.rmtree(settings.home / "archive", ignore_errors=True)
    with connect(settings, Role.ADMIN, autocommit=True) as connection:
        connection.execute(
            f"truncate raw.{source}, raw.{source}_history, ops.load restart identity cascade".encode()
        )
        connection.execute("checkpoint")
