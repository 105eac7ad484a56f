"""Every way in which the bench calls the project, in one place."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from include import pipeline
from include.settings import Role, Settings
from include.sources import read
from include.sources.contract import contract
from include.sources.profile import Manifest, canonical
from include.warehouse import load_table
from include.warehouse.connection import connect
from include.warehouse.load_log import FileResult


def read_and_copy(settings: Settings, source: str, path: Path) -> int:
    """The first step of a load: read, map, cast, split, COPY; returns the rows. Nothing is left behind."""
    of = contract(source)
    with connect(settings, Role.LOADER) as connection:
        table = load_table.create(connection, of, 0)
        rows = load_table.copy_blocks(
            connection, table, 0, read.blocks(path, of, canonical(source), Manifest())
        )
        connection.commit()
        load_table.drop(connection, table)
    return rows


def read_all(source: str, path: Path) -> int:
    """Read, map and cast every row of a file; returns the rows."""
    return sum(
        block.rows.height for block in read.blocks(path, contract(source), canonical(source), Manifest())
    )


def load(settings: Settings, source: str, path: Path) -> int:
    """Everything that ``textile load`` does: read, COPY, audit, accept, keep. Returns the rows accepted."""
    return _accepted(settings, source, path).accepted


def load_again(settings: Settings, source: str, path: Path) -> int:
    """The same for rows that are there already; returns how many of them are unchanged."""
    return _accepted(settings, source, path).unchanged


def _accepted(settings: Settings, source: str, path: Path) -> FileResult:
    (result,) = pipeline.load_files(settings, source, [path])
    assert result.status == "accepted", result
    return result


def command(*words: str | Path) -> list[str]:
    """A command line of ``textile``."""
    return [str(Path(sys.executable).with_name("textile")), *map(str, words), "--json"]


def textile(*words: str | Path) -> dict[str, Any]:
    """Run a command; its JSON."""
    done = subprocess.run(command(*words), capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def empty(settings: Settings, source: str) -> None:
    """Forget all loads and the source's rows, so that the next load is the first again."""
    shutil.rmtree(settings.home / "archive", ignore_errors=True)
    with connect(settings, Role.ADMIN, autocommit=True) as connection:
        connection.execute(
            f"truncate raw.{source}, raw.{source}_history, ops.load restart identity cascade".encode()
        )
        connection.execute("checkpoint")
