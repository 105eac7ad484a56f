"""How the command line speaks: tables for people; with ``--json`` one object, the last line of stdout."""

import json
import re
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line of stdout.")]


def say(text: str) -> None:
    """A line of progress or explanation; on stderr, so that stdout holds the result only."""
    typer.echo(text, err=True)


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
