"""``python -m bench``: measure, print a table with the targets, write ``bench/results/<date>.json``."""

import argparse
import json
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import day, imports, load
from include.local import stack
from include.settings import home_dir, load_settings

RESULTS = Path(__file__).parent / "results"
# (section, key, what, at most)
TARGETS = (
    ("load", "read_and_copy_ratio", "(a) read + COPY / raw COPY", 1.5),
    ("load", "gated_load_ratio", "(b) whole gated load / raw COPY", 5.0),
    ("day", "ratio", "(c) a day's files under the scheduler / by the command line", 2.0),
    ("imports", "slowest_s", "(d) slowest import of a DAG file, s", 1.0),
)


def main() -> None:
    """Run every measurement on a stack of its own, which is removed afterwards."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--lines", type=int, default=1_000_000, help="lines of the customs file; scales the rest"
    )
    lines = parser.parse_args().lines
    with own_home():
        results = {
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
            "lines": lines,
            "imports": imports.measure(),
            "load": load.measure(load_settings(), lines),
            "day": day.measure(load_settings(), lines),
        }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y-%m-%d}{'' if lines == 1_000_000 else f'-{lines}-lines'}.json"
    path.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    show(results)
    print(f"written to {path}")


@contextmanager
def own_home() -> Iterator[None]:
    """A stack in a folder of its own, without Airflow at first; stopped and deleted at the end."""
    home = home_dir() / "bench"
    shutil.rmtree(home, ignore_errors=True)
    for name in [name for name in os.environ if name.startswith("TEXTILE_")]:
        del os.environ[name]
    os.environ["TEXTILE_HOME"] = str(home)
    try:
        stack.up(with_airflow=False, say=print)
        yield
    finally:
        stack.down(say=print)
        shutil.rmtree(home, ignore_errors=True)


def show(results: dict[str, Any]) -> None:
    """Print the seconds behind each ratio, then the ratios against their targets."""
    seconds = Table("measured", "seconds", title="Seconds, median", title_justify="left")
    for section in ("load", "day", "imports"):
        for key, value in results[section].items():
            if key.endswith("_s"):
                seconds.add_row(f"{section}: {key.removesuffix('_s').replace('_', ' ')}", f"{value:.2f}")
    ratios = Table("what", "found", "at most", "", title="Against the targets", title_justify="left")
    for section, key, what, most in TARGETS:
        value = results[section][key]
        verdict = "[green]ok[/]" if value <= most else "[bold red]missed[/]"
        ratios.add_row(what, f"{value:.2f}", f"{most:.1f}", verdict)
    console = Console(width=100)
    console.print(seconds, ratios)


if __name__ == "__main__":
    main()
