"""The demo's stages: stack up, history, one further day with bad input, figures, stack down."""

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
    """Run the demo; returns whether every figure is within its tolerance. Leaves nothing running.

    A stack that runs already is used and left running. A second demo in one home finds every file known, and
    the same figures.
    """
    begin = time.monotonic()
    was_running = any(service.pid for service in stack.status())
    with signals.raising():
        try:
            with _stage("stack"):
                stack.up(with_airflow=True)
            settings = load_settings()
            with daily_run.connect(settings) as client:
                found = _pipeline(client, settings)
            passed = checks.run(found)
            output.show(found, passed)
            output.show_next_steps(settings, was_running=was_running)
        finally:
            if not was_running:
                # A second Ctrl-C waits, too: nothing shall be left running.
                with signals.held_back():
                    stack.down()
    good = all(check.passed for check in passed)
    verdict = "all checks passed" if good else "A CHECK FAILED"
    log.info("demo: %s after %.0f s", verdict, time.monotonic() - begin)
    return good


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

    A file is there whole or not at all: both folders are on one disk.
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
