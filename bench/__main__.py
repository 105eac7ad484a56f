"""``python -m bench``: measure, print a table with the targets, write ``bench/results/<date>.json``."""

import argparse
import logging
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench import (
    against_peers,
    day,
    history,
    imports,
    late_mill,
    load,
    memory,
    publish,
    questions,
    releases,
    report,
    small_files,
    where,
    workbooks,
)
from bench.timing import Results, Run, say
from include.cli.console import log_to_stderr
from include.local import signals, stack
from include.settings import home_dir, load_settings

RESULTS = Path(__file__).parent / "results"
LINES = 2_000_000
ROUNDS = 3
# In this order: `day` starts Airflow, which takes its share of the machine; later ones start afresh, without.
SECTIONS: dict[str, Callable[[Run], Results]] = {
    "load": load.measure,
    "where": where.measure,
    "history": history.measure,
    "workbooks": workbooks.measure,
    "memory": memory.measure,
    "small_files": small_files.measure,
    "peers": against_peers.measure,
    "imports": imports.measure,
    "late_mill": late_mill.measure,
    "day": day.measure,
    "releases": releases.measure,
    "publish": publish.measure,
    "questions": questions.measure,
}
# What a section needs on disk at its largest moment, in bytes per line of the bench, and what they all need.
_DISK_PER_LINE = {"history": 5_500, "memory": 5_500, "publish": 20_000}
_DISK_PER_LINE_OTHERS = 2_500
_DISK_ALWAYS = 5 * 10**9  # the server's log of changes (max_wal_size), and the server itself


def main() -> int:
    """Measure what was asked for; 0 even when a target is missed: the table says so."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--lines", type=int, default=LINES, help="lines of the customs file; scales the rest")
    parser.add_argument("--only", help=f"sections, with commas between: {', '.join(SECTIONS)}")
    asked = parser.parse_args()
    chosen = set(asked.only.split(",")) if asked.only else set(SECTIONS)
    if unknown := chosen - set(SECTIONS):
        parser.error(f"no section {', '.join(sorted(unknown))}; there are: {', '.join(SECTIONS)}")
    if "history" in chosen:
        chosen.add("load")  # what it is compared with
    if "questions" in chosen:
        chosen.add("publish")  # what they are asked of
    if missing := disk_missing(chosen, asked.lines):
        print(missing, file=sys.stderr)
        return 1
    log_to_stderr()
    # The stack's progress; not a line for each of a thousand publishes.
    logging.getLogger("include").setLevel(logging.WARNING)
    logging.getLogger("include.local").setLevel(logging.INFO)
    results: dict[str, Results] = {}
    try:
        measure(chosen, asked.lines, ROUNDS, results)
    finally:  # also when a later section breaks down or somebody has waited long enough
        if results:
            write_results(asked.lines, results)
    return 0


def write_results(lines: int, results: dict[str, Results]) -> None:
    """Write what was measured to a file that says what it covers, and print the table."""
    header: Results = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
        "lines": lines,
        "rounds": ROUNDS,
    }
    size = "" if lines == LINES else f"-{lines}-lines"
    part = "" if set(results) == set(SECTIONS) else f"-{'-'.join(results)}"
    path = RESULTS / f"{datetime.now(UTC):%Y-%m-%d}{size}{part}.json"
    report.write(header, results, path)
    report.show(results)
    say(f"written to {path.relative_to(RESULTS.parent.parent)}")


def measure(chosen: set[str], lines: int, rounds: int, results: dict[str, Results]) -> None:
    """Add the chosen sections to ``results``, measured on a stack of its own that is removed afterwards."""
    with own_home():
        for name, section in SECTIONS.items():
            if name in chosen:
                say(f"--- {name}")
                results[name] = section(Run(load_settings(), lines, rounds, results))


@contextmanager
def own_home() -> Iterator[None]:
    """A stack in a folder of its own, without Airflow at first; stopped and deleted at the end."""
    home = home_dir() / "bench"
    before = {name: value for name, value in os.environ.items() if name.startswith("TEXTILE_")}
    for name in before:
        del os.environ[name]
    os.environ["TEXTILE_HOME"] = str(home)
    with signals.raise_on_end():
        try:
            stack.down()  # of a bench that was killed
            shutil.rmtree(home, ignore_errors=True)
            stack.up(with_airflow=False)
            yield
        finally:
            stack.down()
            shutil.rmtree(home, ignore_errors=True)
            del os.environ["TEXTILE_HOME"]
            os.environ.update(before)


def disk_missing(chosen: set[str], lines: int) -> str | None:
    """What to do when the disk is too small for the chosen sections; None when it is large enough."""
    home = home_dir()
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    per_line = max(_DISK_PER_LINE.get(name, _DISK_PER_LINE_OTHERS) for name in chosen)
    needed, free = lines * per_line + _DISK_ALWAYS, shutil.disk_usage(existing).free
    if free >= needed:
        return None
    return (
        f"bench: about {needed / 1e9:.0f} GB are needed below {home}, {free / 1e9:.0f} GB are free: free"
        f" {(needed - free) / 1e9:.1f} GB, set TEXTILE_HOME to a folder on a larger disk, or measure less"
        " with --lines or --only"
    )


if __name__ == "__main__":
    sys.exit(main())
