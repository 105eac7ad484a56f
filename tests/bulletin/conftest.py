"""A release with few mills, a missing mill, a refused file and an unfinished month."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from samples import enterprise, item, load, order, write

from include.bulletin.write import write as write_bulletin
from include.release import publishing
from include.settings import Settings
from tests.release import constant_cluster

# A file name with markup, which must be escaped.
REFUSED = "<img src=x onerror=alert(1)>.csv"
MISSING = constant_cluster.MILLS[-2]
PROCESSED = "123457"  # yuan a month


@pytest.fixture(scope="session")
def bulletin_warehouse(
    new_warehouse: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Published; use copies, it must not be changed."""
    settings = new_warehouse()
    files = tmp_path_factory.mktemp("bulletin_warehouse")
    rows = [row for row in constant_cluster.delivered() if not _is_missing(row)]
    # The domestic leg grows: the last mill with more orders, and customers that were not there before.
    more = [(mill, month) for mill in constant_cluster.MILLS[:4] for month in ("2020-07", "2020-08")]
    rows += [
        row | {"客户编码": f"新{row['客户编码']}"}
        for row in constant_cluster.orders(more, 5_000_000, "B")
        if row["省份"]
    ]
    for month in constant_cluster.MONTHS:
        # Only one mill sells garments, and only it sells to Britain; four sell yarn-dyed cloth.
        rows += [_small(1, month, "62034290", "件", country) for country in ("德国", "英国")]
        rows += [_small(number, month, "52084200", "米", "德国") for number in range(1, 5)]
    load(settings, "enterprise_orders", write(files / "orders.csv", rows))
    declared = [_dearer(row) if row["商品编码"] == "52081200" else row for row in constant_cluster.declared()]
    declared += [_processed(month) for month in constant_cluster.MONTHS]
    load(settings, "customs_exports", write(files / "items.csv", declared))
    refused = files / REFUSED
    refused.write_text("<html>please log in</html>", encoding="utf-8")
    load(settings, "customs_exports", refused, write(files / "bad.csv", [item(最终目的国="")]))
    result = publishing.publish(settings)
    assert result.status == "published", result
    return settings


def _dearer(row: dict[str, str]) -> dict[str, str]:
    """White cloth: another value than denim's, and more of it to Vietnam in the newest month."""
    grown = row["出口日期"] >= "2020-08" and row["最终目的国"] == "越南"
    return row | {"统计人民币价": "4290000" if grown else "3300000"}


def _processed(month: str) -> dict[str, str]:
    """Denim of one mill, made of a customer's materials and turned to the domestic market."""
    return item(
        报关单号=f"3102{month.replace('-', ''):0>14}",
        出口日期=f"{month}-10",
        境内发货人=enterprise(1),
        商品编码="52094200",
        监管方式="0245",
        法定第一数量="12345",
        法定第一单位="030",
        统计人民币价=PROCESSED,
        更新时间=f"{month}-11 08:00:00",
    )


def _small(number: int, month: str, code: str, unit: str, country: str) -> dict[str, str]:
    return order(
        统一社会信用代码=enterprise(number),
        订单号=f"S{month}{code}{country}",
        订单日期=f"{month}-10",
        发货日期="",
        国家地区=country,
        省份="",
        商品编码=code,
        单位=unit,
        数量="77777",
        单价="9",
        金额="699993",
        更新时间=f"{month}-10 10:30:00",
    )


def _is_missing(row: dict[str, str]) -> bool:
    return row["统一社会信用代码"] == MISSING and row["订单日期"] >= "2020-08"


@pytest.fixture(scope="module")
def file(bulletin_warehouse: Settings) -> Path:
    """The page of the current release."""
    return Path(write_bulletin(bulletin_warehouse).file)


class Opened:
    """An open page with its requests and errors."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(path.as_uri())
        self.wait("zh", "", "2020-08-01")

    def wait(self, lang: str, product: str, month: str) -> None:
        """Until all charts show this."""
        self.page.locator(f"body[data-shown='{lang} {product} {month}']").wait_for()

    def table(self, section: str) -> dict[str, dict[str, str]]:
        """Row heading -> column -> text, whether or not the table is unfolded."""
        rows: dict[str, dict[str, str]] = self.page.evaluate(
            """id => Object.fromEntries([...document.querySelectorAll(`#${id} tbody tr`)].map(row => [
                row.querySelector("th").textContent,
                Object.fromEntries(
                    [...row.querySelectorAll("td")].map(td => [td.dataset.column, td.textContent])),
            ]))""",
            section,
        )
        return rows

    def lead(self, section: str) -> str:
        """The sentence at the top of a section."""
        return self.page.locator(f"#{section} .lead").inner_text()


@pytest.fixture
def opened(browser: Browser, file: Path) -> Opened:
    """The page, opened 1280 pixels wide."""
    return Opened(browser.new_page(viewport={"width": 1280, "height": 900}), file)
