"""Pages as people see them: Debian's Chromium without a window, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one module: while Playwright runs, nothing else in this thread can use asyncio."""
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root.
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        chromium = playwright.chromium.launch(executable_path=_chromium(), args=options)
        yield chromium
        chromium.close()


def _chromium() -> str:
    path = shutil.which("chromium")
    if path is None:
        why = "there is no chromium on the PATH: scripts/setup_browser.sh installs it or says how"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    return path
