"""The limit that everything is compared with: COPY of a file's bytes into a bare typed table."""

from pathlib import Path

import psycopg

from bench.files import SOURCE
from bench.timing import seconds
from include.settings import Role, Settings
from include.sources.contract import Column, contract
from include.warehouse.connection import connect

_CHUNK = 1024 * 1024


def raw_copy_s(settings: Settings, path: Path, encoding: str, rows: int) -> float:
    """Seconds to COPY the file's bytes as they are; the server transcodes. Nothing is left behind."""
    declared = ", ".join(f"{c.name} {c.postgres_type}" for c in columns(path, encoding).values())
    with connect(settings, Role.ADMIN) as connection:
        took = seconds(lambda: _copy(connection, path, encoding, declared), rows)
        connection.execute("drop table load.bare")
    return took


def columns(path: Path, encoding: str) -> dict[str, Column]:
    """The file's headers, in its order, with the contract's columns."""
    with path.open(encoding=encoding) as file:
        header = file.readline().strip().split(",")
    by_header = {name: column for column in contract(SOURCE).columns for name in column.headers}
    return {name: by_header[name] for name in header}


def _copy(connection: psycopg.Connection, path: Path, encoding: str, declared: str) -> int:
    connection.execute(f"create table load.bare ({declared})".encode())
    statement = f"copy load.bare from stdin (format csv, header, encoding '{encoding}')"
    cursor = connection.cursor()
    with cursor.copy(statement.encode()) as copy, path.open("rb") as content:
        while chunk := content.read(_CHUNK):
            copy.write(chunk)
    connection.commit()
    return cursor.rowcount
