"""The catalogue in a browser: from a column's name to its meaning, formula, source, tests and lineage."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, expect

from expectations.marts import MARTS
from include.catalogue import site
from include.catalogue.entries import entries
from include.quality.declared import list_mart_rules
from include.settings import PROJECT_DIR, Settings


class Links(HTMLParser):
    """The targets of a page's links, and its own anchors."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.anchors: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "a":
            self.addresses.append(found["href"] or "")
        if place := found.get("id"):
            self.anchors.add(place)


@pytest.fixture(scope="module")
def home(new_warehouse: Callable[..., Settings], published: Settings) -> Path:
    """The home of a published warehouse with its catalogue and the index of a bulletin."""
    settings = new_warehouse(published)
    bulletin = settings.home / "bulletin" / "index.html"
    bulletin.parent.mkdir(exist_ok=True)
    bulletin.touch()
    assert site.write(settings) == settings.home / "docs" / "index.html"
    return settings.home


@pytest.fixture(scope="module")
def manifest(home: Path) -> dict:
    return json.loads((home / "dbt" / "docs" / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that must make no request and log no error."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    # dbt's own page has addresses in it that it fills in later.
    assert complaints == [] or "/dbt/" in page.url
    page.close()


@pytest.mark.parametrize("width", [1280, 800])
def test_a_column_is_explained_after_two_clicks(home: Path, page: Page, width: int):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto((home / "docs" / "index.html").as_uri())
    expect(page.locator("#found li")).to_have_count(0)
    page.get_by_role("searchbox").fill("domestic_share")
    page.get_by_role("link", name="dual_circulation.domestic_share", exact=True).click()
    section = page.locator("section.column:target")
    expect(section.get_by_role("heading")).to_have_text("domestic_share 内销占比 Domestic share")
    expect(section.locator(".meaning")).to_contain_text("内销额除以销售总额")
    expect(section.locator(".meaning")).to_contain_text("a fraction; null with share_reason")
    expect(section.locator(".formula")).to_contain_text("domestic_value_cny / total_value_cny")
    expect(section.locator(".source")).to_have_text("enterprise_orders")
    expect(section.locator(".tests")).to_contain_text("two_shares_sum_to_one 内销份额与外销份额之和必须为 1")
    expect(section.locator(".lineage")).to_contain_text("int_sales__cells")
    for part in (".meaning", ".formula", ".source", ".tests", ".lineage"):
        expect(section.locator(part)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    section.get_by_role("link", name="lineage graph").click()
    # The page of dbt is large: on a busy machine it takes more than the usual five seconds.
    expect(page.get_by_text("Lineage Graph", exact=True)).to_be_visible(timeout=30_000)


def test_the_search_takes_either_language_and_puts_the_column_itself_first(home: Path, page: Page):
    page.goto((home / "docs" / "index.html").as_uri())
    found = page.locator("#found li a")
    for words, first in (
        ("growth_yoy", "growth.growth_yoy"),
        ("内销占比", "dual_circulation.domestic_share"),
        ("herfindahl index", "concentration.herfindahl_index"),
        ("DENIM_MILL", "dim_enterprise.mill_type"),
    ):
        page.get_by_role("searchbox").fill(words)
        expect(found.first).to_have_text(first)
    page.get_by_role("searchbox").fill("there is no such column")
    expect(page.get_by_role("status")).to_have_text("0 列 · columns")


def test_every_column_has_its_entry(home: Path, manifest: dict):
    index = Links(home / "docs" / "index.html")
    columns = {
        f"marts/{mart}.html#{column}"
        for mart in MARTS
        for column in manifest["nodes"][f"model.lanxi_textile.{mart}"]["columns"]
    }
    assert len(columns) > 480
    assert columns <= set(index.addresses)
    assert {"../bulletin/index.html", "dbt/index.html", "analysts.zh.html"} <= set(index.addresses)
    assert [address for address in index.addresses if "/data_docs/release/build_" in address]


def test_every_link_has_a_target(home: Path, manifest: dict):
    known = {**manifest["nodes"], **manifest["sources"], **manifest["exposures"], **manifest["metrics"]}
    pages = [page for page in (home / "docs").rglob("*.html") if page.parent.name != "dbt"]
    assert len(pages) == len(MARTS) + 6
    read = {page: Links(page) for page in pages}
    for page, links in read.items():
        for address in links.addresses:
            file, _, anchor = address.partition("#")
            linked = (page.parent / unquote(file)).resolve() if file else page
            assert linked.is_file(), f"{page.name}: {address}"
            if model := re.fullmatch(r"!/\w+/([\w.]+)(\?.*)?", anchor):
                assert model[1] in known, f"{page.name}: {address}"
            elif anchor:
                assert unquote(anchor) in read[linked].anchors, f"{page.name}: {address}"


def test_a_mart_names_what_uses_it(manifest: dict):
    exposure = {"name": "page", "depends_on": {"nodes": ["model.lanxi_textile.growth"]}}
    found = entries({**manifest, "exposures": {"exposure.page": exposure}})
    assert {mart.name for mart in found if exposure in mart.exposures} == {"growth"}


def test_rules_are_found_by_the_columns_they_look_at():
    found = {rule.code for rule in list_mart_rules("dual_circulation") if rule.checks("balance_index")}
    assert found == {"balance_index_is_its_formula", "no_figure_of_lines_without_rate"}
    assert not any(rule.checks("balance") for rule in list_mart_rules("dual_circulation"))


@pytest.mark.heavy
def test_a_warehouse_that_does_not_run_is_named_with_what_to_type(tmp_path: Path):
    command = [sys.executable, "-m", "include.catalogue"]
    place = os.environ | {"TEXTILE_HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=PROJECT_DIR, env=place, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    expected = "docs: the warehouse does not run: start it with `make up`, then `make docs`"
    assert done.stderr.strip() == expected
