"""Output of the command line: tables for people; with ``--json`` one object, the last line of stdout."""

import json
import logging
import re
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line of stdout.")]


class _Terminal(logging.Handler):
    """Write progress and warnings to stderr, so that stdout has only the result."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        before = "warning: " if record.levelno >= logging.WARNING else ""
        typer.echo(before + self.format(record), err=True)


_TERMINAL = _Terminal()


def log_to_stderr() -> None:
    """Log our modules to stderr, and no others; a second call changes nothing."""
    ours = logging.getLogger("include")
    ours.setLevel(logging.INFO)
    ours.addHandler(_TERMINAL)
    ours.propagate = False  # packages of dbt add a handler to the root logger
    # dbt's lines, one per model and test, are for the task log only.
    logging.getLogger("include.transform.dbt").setLevel(logging.WARNING)


def print_table(table: Table) -> None:
    """Print a table as wide as the terminal; 200 characters when stdout is a file."""
    console = Console()
    (console if console.is_terminal else Console(width=200)).print(table)


def escape(text: str) -> str:
    """Escape the markup of rich, and replace control characters by ``?``."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", "?", text).replace("[", r"\[")


def json_line(values: dict[str, Any]) -> str:
    """The values as one line of JSON; lone surrogates, which are no UTF-8, become ``?``."""
    text = json.dumps(values, ensure_ascii=False, default=_json_value)
    return text.encode(errors="replace").decode()


def add_colour(state: str) -> str:
    """A status with rich's markup for its colour."""
    colours = {"accepted": "green", "published": "green", "refused": "bold red", "duplicate": "yellow"}
    return f"[{colours[state]}]{state}[/]" if state in colours else state


def print_rows(rows: list[dict[str, Any]]) -> None:
    """Rows of equal keys as a table."""
    if not rows:
        typer.echo("none")
        return
    table = Table()
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*("" if v is None else escape(str(v)) for v in row.values()))
    print_table(table)


def print_result(values: dict[str, Any], *, as_json: bool, printed: bool = False) -> None:
    """Print the result as JSON, or line by line unless it is ``printed`` already."""
    if as_json:
        typer.echo(json_line(values))
    elif not printed:
        for name, value in values.items():
            typer.echo(f"{name}: {value}")


def _json_value(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
