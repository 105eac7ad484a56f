"""The stages of the demo: start the stack, load the history, load a day with bad input, check, stop."""

import hashlib
import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from include.demo import checks, daily_run, figures, output, synthetic
from include.local import signals, stack
from include.settings import Settings, home_dir, load_settings

log = logging.getLogger(__name__)

HISTORY_MONTHS = 33  # 2018-01 to 2020-09
ENTERPRISES = 60
SEED = 7


def run() -> bool:
    """Run the demo; returns whether every check passed.

    The stack is stopped at the end, unless it was running before. A second demo in the same home loads only
    duplicates and finds the same figures.
    """
    begin = time.monotonic()
    was_running = any(service.pid for service in stack.status())
    with signals.raise_on_end():
        try:
            with _stage("stack"):
                stack.up(with_airflow=True)
            settings = load_settings()
            with daily_run.connect(settings) as client:
                found = _pipeline(client, settings)
            passed = checks.run(found)
            output.print_results(found, passed)
            output.print_next_steps(settings, was_running=was_running)
        finally:
            if not was_running:
                # A second Ctrl-C waits too, so that no service is left running.
                with signals.postpone():
                    stack.down()
    all_passed = all(check.passed for check in passed)
    verdict = "all checks passed" if all_passed else "A CHECK FAILED"
    log.info("demo: %s after %.0f s", verdict, time.monotonic() - begin)
    return all_passed


def _pipeline(client: httpx.Client, settings: Settings) -> figures.Figures:
    draft = home_dir() / "demo"
    shutil.rmtree(draft, ignore_errors=True)
    with _stage("generate 2018-01 to 2020-09"):
        history = synthetic.generate(draft / "history", HISTORY_MONTHS, ENTERPRISES, SEED)
        order_lines, items = f"{history.order_lines:,}", f"{history.declaration_items:,}"
        log.info("%s files, %s order lines, %s items", history.files, order_lines, items)
        history_hashes = deliver(draft / "history", settings.landing_dir)
    with _stage("ingest the history and publish, by Airflow"):
        daily_run.run(client, settings)
    with _stage("one further day, with a file of bad rows and one to be refused"):
        day = synthetic.generate_next_day(draft / "day", ENTERPRISES, SEED)
        day_hashes = deliver(draft / "day", settings.landing_dir)
        states = daily_run.run(client, settings)
    shutil.rmtree(draft)
    return figures.read(settings, history, history_hashes, day, day_hashes, states)


def deliver(folder: Path, landing: Path) -> dict[str, str]:
    """Move finished files into the drop folder, manifests first; returns SHA-256 by file name, oldest first.

    Files appear complete: both folders are on one disk.
    """
    files = [path for path in folder.rglob("*") if path.is_file()]
    hashes = {}
    for path in sorted(files, key=lambda p: (p.suffix != ".yml", p.stat().st_mtime_ns, p)):
        target = landing / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix != ".yml":
            hashes[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        path.replace(target)
    return hashes


@contextmanager
def _stage(title: str) -> Iterator[None]:
    log.info("== %s", title)
    begin = time.monotonic()
    yield
    log.info("== %s: %.1f s", title, time.monotonic() - begin)
