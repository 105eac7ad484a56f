"""The targets, the table that compares them with what was found, and the results file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Column, Table

from bench.timing import Results


class Target(NamedTuple):
    """What a figure of a section must be: at most ``bound``, or at least."""

    what: str
    section: str
    figure: str
    seconds: str | None
    bound: float
    at_least: bool = False

    def verdict(self, found: float | None) -> str:
        """``ok``, ``missed``, or ``not measured``."""
        if found is None:
            return "not measured"
        reached = found >= self.bound if self.at_least else found <= self.bound
        return "ok" if reached else "missed"


TARGETS = (
    Target(
        "read + map + cast + split + COPY / raw COPY", "load", "read_and_copy_ratio", "read_and_copy_s", 1.3
    ),
    Target("whole gated load, no history / raw COPY", "load", "gated_load_ratio", "gated_load_s", 3.0),
    Target("gated load onto 10 x history / the line above", "history", "ratio_to_empty", "gated_load_s", 1.5),
    Target("same rows in other bytes / raw COPY", "load", "redelivery_ratio", "redelivery_s", 2.0),
    Target("XLSX: times faster than openpyxl", "workbooks", "times_faster", "ours_s", 5.0, at_least=True),
    Target("peak memory of a large CSV, GiB", "memory", "large_peak_gib", "large_s", 1.0),
    Target("peak memory at 10 x the size / at 1 x", "memory", "growth", None, 1.25),
    Target("small files in one call, s", "small_files", "load_s", "load_s", 60.0),
    Target("a day by the scheduler / by the command line", "day", "ratio", "scheduler_s", 2.0),
    Target("publish after a day, 10 x history / 1 x", "publish", "ratio", "day_s", 1.3),
    Target("full refresh per line, 10 x history / 1 x", "publish", "full_ratio_per_line", "full_s", 1.1),
    Target("space of 30 releases, 1 % of figures each / of one", "releases", "space_ratio", None, 2.0),
    Target("the same, each figure in another row", "releases", "spread_space_ratio", None, 2.0),
    Target("bytes of a release without a change", "releases", "unchanged_bytes", None, 8192),
    Target("publish of a validated build beside a long query, s", "releases", "held_publish_s", None, 0.5),
    Target("switch of the pointer beside it, s", "releases", "switch_s", None, 0.5),
    Target("longest wait of a new reader, s", "releases", "new_reader_wait_s", None, 0.2),
    Target("1,000 publishes, 20 readers: errors + mixed", "releases", "errors_and_mixed", None, 0),
    Target("slowest of twenty questions, ms", "questions", "slowest_ms", None, 100.0),
    Target("a late mill of 60 / the limits of drift", "late_mill", "of_limit", None, 0.75),
    Target("slowest import of a DAG file, s", "imports", "slowest_s", "slowest_s", 1.0),
)


def compared(results: Mapping[str, Results]) -> list[Results]:
    """Every target with the figure found and the verdict."""
    rows = []
    for target in TARGETS:
        section = results.get(target.section, {})
        found = section.get(target.figure)
        rows.append(
            {
                "what": target.what,
                "seconds": section.get(target.seconds) if target.seconds else None,
                "found": found,
                "target": f"{'>=' if target.at_least else '<='} {target.bound:g}",
                "verdict": target.verdict(found),
            }
        )
    return rows


def show(results: Mapping[str, Results]) -> None:
    """Print the targets with what was found, then what others need for the same work."""
    table = Table("what", *_right("s, median", "found", "target"), "", title="Targets", title_justify="left")
    colours = {"ok": "green", "missed": "bold red", "not measured": "dim"}
    for row in compared(results):
        colour = colours[row["verdict"]]
        numbers = (_number(row["seconds"]), _number(row["found"]), row["target"])
        table.add_row(row["what"], *numbers, f"[{colour}]{row['verdict']}[/]")
    console = Console(width=110)
    console.print(table)
    if peers := results.get("peers"):
        console.print(_peers(peers))


def write(header: Results, results: Mapping[str, Results], path: Path) -> None:
    """Everything that was measured as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {**header, "targets": compared(results), **results}
    path.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _peers(peers: Mapping[str, Results]) -> Table:
    numbers = _right("lines", "raw COPY, s", "peer, s", "peer / raw COPY", "ours / raw COPY")
    title = "Peers: the same file into a typed table of their own; ours is read + map + cast + split + COPY"
    table = Table("peer", *numbers, title=title, title_justify="left")
    for name, peer in peers.items():
        table.add_row(
            f"{name} {peer['version']}",
            f"{peer['lines']:,}",
            *(_number(peer[figure]) for figure in ("raw_copy_s", "load_s", "ratio", "our_ratio")),
        )
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.2f}"


def _right(*headers: str) -> list[Column]:
    return [Column(header, justify="right") for header in headers]
