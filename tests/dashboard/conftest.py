"""A small published cluster with Superset, as after `make bi`, in its own home."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from include.demo import synthetic
from include.load import loading
from include.local import stack, superset
from include.release import publishing
from include.settings import Settings, load_settings
from tests.dashboard.page import DashboardPage
from tests.samples import logged

MONTHS, ENTERPRISES, SCALE = 16, 12, 0.5


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder that all settings of the module point to; what runs in it is stopped at the end."""
    if not superset.PYTHON.exists():
        why = 'Superset is not installed: scripts/setup_venv.sh superset "Superset", or `make bi`'
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("dashboard")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("TEXTILE_")]:
            patch.delenv(name)
        patch.setenv("TEXTILE_HOME", str(folder))
        try:
            yield folder
        finally:
            stack.down()


@pytest.fixture(scope="module")
def late_file(home: Path) -> Path:
    """A mill's file of the newest month, which the first release lacks."""
    return home / "late.csv"


@pytest.fixture(scope="module")
def start_log() -> list[str]:
    """The log of the first start of Superset, when nothing was published yet."""
    return []


@pytest.fixture(scope="module")
def bi(
    home: Path, late_file: Path, start_log: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Superset with the dashboard, then the first release: its customs end before its orders."""
    with logged() as lines:
        stack.up(with_airflow=False, with_bi=True)
    start_log += lines
    settings = load_settings()
    files = tmp_path_factory.mktemp("files")
    synthetic.generate(files, months=MONTHS, enterprises=ENTERPRISES, scale=SCALE)
    newest = sorted((files / "enterprise_orders").glob("*.csv"))[-1]
    newest.rename(late_file)
    # Without its last day the newest month is not over in customs.
    sorted((files / "customs_exports").glob("*.csv"))[-1].unlink()
    for source in ("enterprise_orders", "customs_exports", "customs_statistics"):
        for folder in [files / source, *sorted(path for path in (files / source).iterdir() if path.is_dir())]:
            found = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != ".yml")
            profile = None if folder.name == source else folder.name
            assert not [r for r in loading.load_files(settings, source, found, profile) if r.failed_rules]
    assert publishing.publish(settings).status == "published"
    return load_settings()


@pytest.fixture(scope="module")
def page(browser: Browser, bi: Settings) -> Iterator[DashboardPage]:
    """The dashboard in a browser, logged in and drawn."""
    with browser.new_context(viewport={"width": 1280, "height": 2700}, locale="en-US") as context:
        opened = DashboardPage(context.new_page(), superset.url(bi))
        opened.log_in(superset.password_file().read_text().strip())
        opened.open()
        yield opened
