"""Where the time of a gated load goes: reading alone, and the server's statements by its own log."""

import re
from collections import defaultdict
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from bench import files, ours
from bench.raw_copy import raw_copy_s
from bench.timing import Results, Run, say, seconds
from include.settings import Role
from include.warehouse.connection import connect

_STATEMENT = re.compile(
    r"duration: ([\d.]+) ms  (?:statement|execute[^:]*|bind[^:]*): (.*?)(?=\n\d{4}-|\Z)", re.DOTALL
)
_SHOWN_CHARACTERS = 70
_LEAST_S = 0.1


def measure(run: Run) -> Results:
    """Seconds of one load and one re-delivery, of reading alone, and of each statement from 0.1 s on."""
    settings, lines, source = run.settings, run.lines, files.SOURCE
    folder = settings.home / "where"
    folder.mkdir()
    first = files.make(folder / "declarations.csv", lines)
    again = files.rewritten(first, "declarations_again.csv")
    with connect(settings, Role.ADMIN, autocommit=True) as connection:
        connection.execute("alter system set log_min_duration_statement = 20")
        connection.execute("select pg_reload_conf()")
    log = settings.home / "postgres" / "postgres.log"
    result: Results = {
        "raw_copy_s": raw_copy_s(settings, first, files.ENCODING, lines),
        "reading_alone_s": seconds(lambda: ours.read_all(source, first), lines),
    }
    ways: dict[str, Callable[[], int]] = {
        "first_load": lambda: ours.load(settings, source, first),
        "redelivery": lambda: ours.load_again(settings, source, again),
    }
    for way, action in ways.items():
        before = log.stat().st_size
        result[f"{way}_s"] = seconds(action, lines)
        text = log.read_bytes()[before:].decode(errors="replace")
        result[f"{way}_statements_s"] = _by_statement(text)
        _show(way, result)
    ours.empty(settings, source)
    with connect(settings, Role.ADMIN, autocommit=True) as connection:
        connection.execute("alter system reset log_min_duration_statement")
        connection.execute("select pg_reload_conf()")
    return result


def _by_statement(log: str) -> dict[str, float]:
    took: dict[str, float] = defaultdict(float)
    for ms, statement in _STATEMENT.findall(log):
        took[" ".join(statement.split())[:_SHOWN_CHARACTERS]] += float(ms) / 1000
    longest = sorted(took.items(), key=lambda item: -item[1])
    return {statement: round(s, 2) for statement, s in longest if s >= _LEAST_S}


def _show(way: str, result: Results) -> None:
    table = Table("statement", "s", title=f"{way}: {result[f'{way}_s']:.1f} s", title_justify="left")
    for statement, took in result[f"{way}_statements_s"].items():
        table.add_row(statement.replace("[", r"\["), f"{took:.2f}")
    Console(width=100).print(table)
    say(f"raw COPY {result['raw_copy_s']:.1f} s, reading alone {result['reading_alone_s']:.1f} s")
