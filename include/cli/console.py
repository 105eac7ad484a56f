"""How the command line speaks: tables for people; with ``--json`` one object, the last line of stdout."""

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
    """Lines of progress and warnings on stderr as it is by then, so that stdout holds the result only."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        before = "warning: " if record.levelno >= logging.WARNING else ""
        typer.echo(before + self.format(record), err=True)


_TERMINAL = _Terminal()


def log_to_stderr() -> None:
    """Show what our modules log, and nothing that others log; a second call changes nothing."""
    ours = logging.getLogger("include")
    ours.setLevel(logging.INFO)
    ours.addHandler(_TERMINAL)
    ours.propagate = False  # what dbt imports gives the root logger a handler, too
    # A line for each model and test of dbt is for the task log.
    logging.getLogger("include.transform.dbt").setLevel(logging.WARNING)


def show(table: Table) -> None:
    """A terminal's own width; wide enough for every column where the output goes to a file."""
    console = Console()
    (console if console.is_terminal else Console(width=200)).print(table)


def plain(text: str) -> str:
    """Brackets in a message are text, not markup; control characters stay in the file they came from."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", "?", text).replace("[", r"\[")


def json_line(values: dict[str, Any]) -> str:
    """The values as one line of JSON; a half of a character, which is no UTF-8, becomes ``?``."""
    text = json.dumps(values, ensure_ascii=False, default=_json_value)
    return text.encode(errors="replace").decode()


def coloured(state: str) -> str:
    """A status in the colour of its meaning."""
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
        table.add_row(*("" if v is None else plain(str(v)) for v in row.values()))
    show(table)


def show_result(values: dict[str, Any], *, as_json: bool, shown: bool = False) -> None:
    """The outcome: as JSON, or line by line unless it has been ``shown`` already."""
    if as_json:
        typer.echo(json_line(values))
    elif not shown:
        for name, value in values.items():
            typer.echo(f"{name}: {value}")


def _json_value(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
