"""Print the results of ``textile diff`` and ``textile explain`` on a terminal."""

import logging
from collections import Counter
from typing import TYPE_CHECKING, Any

import typer

from include.cli.console import print_rows

if TYPE_CHECKING:
    from include.release.explain import Explanation

log = logging.getLogger(__name__)

_MAX_CELLS = 50


def count_cells(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The number of changed cells by mart."""
    cells = {(row["mart"], str(row["cell"]), row["metric"]) for row in rows}
    return [{"mart": m, "cells": n} for m, n in sorted(Counter(mart for mart, *_ in cells).items())]


def print_diff(rows: list[dict[str, Any]]) -> None:
    """Print the number of changed cells by mart and cause, then the first cells with their parts."""
    cells = {(row["mart"], row["cause"], str(row["cell"]), row["metric"]) for row in rows}
    causes = Counter((mart, cause) for mart, cause, *_ in cells)
    print_rows([{"mart": m, "cause": c, "cells": n} for (m, c), n in sorted(causes.items())])
    if rows:
        print_rows([_cell(row) for row in rows[:_MAX_CELLS]])
    if len(rows) > _MAX_CELLS:
        log.info("%s more rows: `--mart` shows one mart, `--json` all of them", len(rows) - _MAX_CELLS)


def _cell(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "mart": row["mart"],
        "cell": " ".join(str(value) for value in row["cell"].values() if value is not None),
        "figure": row["metric"],
        "from": row["value_from"],
        "to": row["value_to"],
        "release": row["release_id"],
        "cause": row["cause"],
        "part": row["part"],
        "files": ", ".join([*(row["files"] or []), *(row["inputs"] or [])]),
    }


def print_explanation(found: "Explanation") -> None:
    """Print the figures, each amount with its loads, and the largest lines."""
    key = " ".join(f"{name}={value}" for name, value in found.key.items() if value is not None)
    typer.echo(f"{found.mart} {key} in release {found.release_id}")
    print_rows([{"figure": name, "value": value} for name, value in found.figures.items()])
    for amount in found.amounts:
        lines = sum(load["lines"] for load in amount["loads"])
        typer.echo(f"{amount['metric']} = {amount['value']}: {lines} lines of {len(amount['loads'])} loads")
        if amount["line_value"] != amount["value"]:
            typer.echo(f"  with today's rates and code it is {amount['line_value']}")
        if amount["loads"]:
            print_rows(amount["loads"])
    if found.lines:
        typer.echo("the largest lines of each amount:")
        print_rows(found.lines)
    if not found.amounts:
        typer.echo("no amount of this mart can be traced to lines; see the seed figure_lines")
