"""The dashboard in a browser, with the requests that it makes."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Request, Response

from include.dashboard import bundle

PATIENCE_MS = 60_000


class DashboardPage:
    """One open page. ``data``: a chart's name -> the rows it was last answered; ``sql``: what it asked."""

    def __init__(self, page: Page, server: str) -> None:
        self.page = page
        self.server = server
        self.failed: list[str] = []
        self.sent_away: list[str] = []
        self.data: dict[str, Any] = {}
        self.sql: dict[str, list[str]] = {}
        self._pending = 0
        self._names: dict[str, str] = {}
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", self._asked)
        page.on("response", self._answered)
        page.on("requestfailed", self._not_sent)

    def log_in(self, password: str) -> None:
        self.page.goto(f"{self.server}/login/")
        self.page.locator("#username").fill("admin")
        self.page.locator("#password").fill(password)
        with self.page.expect_navigation():
            self.page.locator("#password").press("Enter")

    def open(self) -> None:
        """Load the dashboard afresh and wait until every chart is drawn."""
        self.data.clear()
        self.page.goto(f"{self.server}/superset/dashboard/{bundle.dashboard()['slug']}/")
        self.page.locator("[data-test-chart-id]").nth(len(bundle.charts()) - 1).wait_for()
        self.wait_until_drawn(set(bundle.charts()))

    def wait_until_drawn(self, names: set[str]) -> None:
        """Wait until these charts were answered and nothing on the page is loading."""
        waited = 0
        while not names <= set(self.data) or self._pending or self.page.locator(".loading").count():
            self.page.wait_for_timeout(250)
            waited += 250
            assert waited < PATIENCE_MS, f"not answered: {names - set(self.data)}, pending: {self._pending}"
        # A chart is drawn in the next frame after its data.
        self.page.wait_for_timeout(500)

    def choose(self, column: str, value: str) -> None:
        """Choose a value of a filter as a person does, and apply it."""
        self.page.locator(f"[data-test=NATIVE_FILTER-{column}] .ant-select-selector").click()
        self.page.keyboard.type(value)
        self.page.locator(f".ant-select-item-option[title='{value}']").click()
        self.page.keyboard.press("Escape")
        self.page.locator("[data-test=filter-bar__apply-button]").click()

    def tile(self, name: str) -> Any:
        title = bundle.charts()[name]["title"]
        return self.page.locator(f'[data-test-chart-name="{title}"]')

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.server, "data:", "blob:")):
            self.sent_away.append(request.url)
        self._pending += _is_chart_data(request.url)

    def _not_sent(self, request: Request) -> None:
        # A request that the page's policy blocks is reported but not sent.
        if request.failure == "csp" and request.url in self.sent_away:
            self.sent_away.remove(request.url)
        self._pending -= _is_chart_data(request.url)

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.failed.append(f"{response.status} {response.url}: {response.text()[:500]}")
        if not _is_chart_data(response.url):
            return
        self._pending -= 1
        form = parse_qs(urlsplit(response.url).query).get("form_data")
        if form and response.ok:
            name = self._chart(str(json.loads(form[0])["slice_id"]))
            answers = response.json()["result"]
            self.data[name] = [answer["data"] for answer in answers]
            self.sql[name] = [answer["query"] for answer in answers]

    def _chart(self, chart_id: str) -> str:
        if chart_id not in self._names:
            tile = self.page.locator(f'[data-test-chart-id="{chart_id}"]')
            titles = {chart["title"]: name for name, chart in bundle.charts().items()}
            self._names[chart_id] = titles[str(tile.get_attribute("data-test-chart-name"))]
        return self._names[chart_id]


def _is_chart_data(url: str) -> bool:
    return "/api/v1/chart/data" in url
