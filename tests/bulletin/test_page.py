"""The page as people see it: in Chromium, from the disk, in both languages, at three widths and on paper."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from samples import query

from include.bulletin.page import render
from include.bulletin.rows import read
from include.bulletin.sections import sections, words
from include.settings import Role, Settings
from tests.bulletin.conftest import REFUSED, Opened
from tests.bulletin.figures import CASES, GROWTH, POINTS, SHARE, displayed

A4_WIDTH, A4_HEIGHT = 703, 1024  # pixels between the margins of the page
NEWEST = "2020-08"
OVERLAPS = (Path(__file__).parent / "overlaps.js").read_text(encoding="utf-8")


@pytest.mark.parametrize(("section", "columns", "asked"), CASES, ids=[case[0] for case in CASES])
def test_figures_are_those_of_sql(
    opened: Opened, bulletin_warehouse: Settings, section: str, columns: dict[str, str], asked: str
):
    table = opened.table(section)
    rows = query(bulletin_warehouse, asked, role=Role.BI_READER)
    assert rows
    figures = 0
    for heading, *values in rows:
        for (column, kind), value in zip(columns.items(), values, strict=True):
            wanted = displayed(value, kind)
            found = table[heading][column]
            figures += wanted is not None
            assert found == wanted if wanted else not re.match(r"[+−]?\d", found), (heading, column)
    assert figures


def test_sentences_say_the_figures_of_the_newest_finished_month(opened: Opened, bulletin_warehouse: Settings):
    ((share, change),) = query(
        bulletin_warehouse,
        "select domestic_share, domestic_share_change_6m_pp from marts.dual_circulation"
        " where product_group = 'denim' and month = '2020-08-01'",
    )
    text = opened.lead("legs")
    assert text.startswith(f"牛仔布内销占比 {displayed(share, SHARE)} %（{NEWEST}，快报），较六个月前 ")
    assert f"{displayed(change, POINTS)} 个百分点" in text
    headlines = opened.page.locator("#headlines strong").all_inner_texts()
    assert headlines[:2] == [f"{displayed(share, SHARE)} %", f"{displayed(change, POINTS)} 个百分点"]


def test_contributions_add_up_in_the_table(opened: Opened):
    rows = {name: row["contribution_pp"].replace("−", "-") for name, row in opened.table("pulled").items()}
    total = Decimal(rows.pop("合计"))
    assert len(rows) == 4
    assert abs(sum(map(Decimal, rows.values())) - total) <= Decimal("0.05") * len(rows)


def test_the_page_makes_no_request_and_logs_no_error(opened: Opened, file: Path):
    page = opened.page
    page.select_option("#product", "denim")
    opened.wait("zh", "denim", "2020-08-01")
    page.click("#language")
    opened.wait("en", "denim", "2020-08-01")
    assert opened.requests == [file.as_uri()]
    assert opened.complaints == []
    # The policy holds: a script cannot fetch, be added, or be made of text.
    blocked = page.evaluate(
        """async () => {
            const added = document.createElement("script");
            added.textContent = "window.added = true";
            document.body.append(added);
            const fetched = await fetch("https://example.com/").then(() => true, () => false);
            return [window.added, fetched];
        }"""
    )
    assert blocked == [None, False]


def test_file_names_and_mills_are_text(opened: Opened):
    opened.page.locator("header summary").last.click()
    assert "是网页而不是表格" in opened.page.locator("#refused-loads").inner_text()
    assert opened.page.locator("#refused-loads th[scope=row]").first.inner_text() == REFUSED
    assert opened.page.locator("img").count() == 0


def test_the_product_filter_changes_every_section_and_nothing_else(opened: Opened):
    header = opened.page.locator("header dl").inner_text()
    before = {section.id: opened.table(section.id) for section in sections()}
    opened.page.select_option("#product", "denim")
    opened.wait("zh", "denim", "2020-08-01")
    captions = opened.page.locator("section caption").evaluate_all("all => all.map(c => c.textContent)")
    assert all("· 牛仔布 ·" in caption for caption in captions)
    after = {section.id: opened.table(section.id) for section in sections()}
    own = {section.id for section in sections() if section.product == "denim"}
    assert {name for name in before if before[name] == after[name]} == own | {"new_markets"}
    assert opened.page.locator("header dl").inner_text() == header


def test_the_month_filter_changes_what_is_of_one_month_and_marks_it_in_series(opened: Opened):
    before = {section.id: opened.table(section.id) for section in sections()}
    drawn = opened.page.locator("#blocs .chart").inner_html()
    opened.page.select_option("#month", "2020-03-01")
    opened.wait("zh", "", "2020-03-01")
    for section in sections():
        same = opened.table(section.id) == before[section.id]
        assert same == (section.shape != "members"), section.id
        if section.shape == "series":
            chosen = opened.page.locator(f"#{section.id} tr.chosen th").all_text_contents()
            assert set(chosen) == {"2020-03"}
    assert opened.page.locator("#blocs .chart").inner_html() != drawn or before["blocs"] == opened.table(
        "blocs"
    )
    assert "（2020-03，" in opened.lead("legs")


def test_the_year_filter_shows_the_years_new_customers(opened: Opened):
    before = opened.table("new_customers")
    opened.page.select_option("#month", "2019-03-01")
    opened.wait("zh", "", "2019-03-01")
    assert opened.table("new_customers") != before
    assert "（无基期数据）" in opened.lead("new_customers")


def test_a_year_says_its_months_and_that_it_has_no_base(opened: Opened):
    assert (
        opened.lead("new_markets") == "全部产品，2020-01 – 2020-08 新开拓的境外市场（上年同期无出口）：0 个。"
    )
    assert "2020-01 – 2020-08" in opened.lead("new_customers")
    opened.page.select_option("#month", "2019-03-01")
    opened.wait("zh", "", "2019-03-01")
    assert opened.lead("new_markets") == "全部产品, 2019-01 – 2019-12: —（无基期数据）"


def test_the_largest_is_among_the_visible(opened: Opened):
    lead = opened.lead("pulled")
    assert "，所示各项中最高为" in lead
    assert "其他合并*: " in lead
    assert "各项中最多的是" in opened.lead("blocs")
    assert "所示" not in opened.lead("blocs")


def test_an_unfinished_month_is_drawn_when_it_is_chosen(opened: Opened):
    opened.page.select_option("#month", "2020-09-01")
    opened.wait("zh", "", "2020-09-01")
    for section in ("blocs", "pulled", "bridge"):
        chart = opened.page.locator(f"#{section} .chart")
        bars, text = chart.locator(".mark-rect path").count(), chart.locator("p.empty").all_inner_texts()
        assert bars or text == [opened.lead(section)], section


def test_customs_that_lag_open_with_their_own_newest_month(
    bulletin_warehouse: Settings, browser: Browser, tmp_path: Path
):
    content = read(bulletin_warehouse)
    for basis in content.bases:
        basis["newest_month"] = date(2020, 7 if basis["basis"] == "customs" else 8, 1)
    file = tmp_path / "lag.html"
    file.write_text(render(content), encoding="utf-8")
    opened = Opened(browser.new_page(), file)
    assert "2020-07，" in opened.lead("blocs")
    assert "2020-08，" in opened.lead("legs")
    assert "最新完整月份" in file.read_text(encoding="utf-8").split("<main>")[0]


def test_an_unfinished_month_is_not_called_finished(bulletin_warehouse: Settings):
    content = read(bulletin_warehouse)
    content.release["newest_is_over"] = False
    header = render(content).split("<main>")[0]
    assert "最新月份（未结束）" in header


def test_an_unfinished_month_is_called_unfinished(opened: Opened):
    options = opened.page.locator("#month option").all_inner_texts()
    assert options[:2] == ["2020-09（未结束）", NEWEST]


def test_hidden_figures_are_marked_and_are_not_in_the_file(
    opened: Opened, bulletin_warehouse: Settings, file: Path
):
    opened.page.select_option("#product", "garment")
    opened.wait("zh", "garment", "2020-08-01")
    assert opened.table("legs")[NEWEST]["total_value_cny"] == "不显示*"
    assert opened.lead("legs") == "服装, 2020-08: —（不显示*）"
    assert opened.page.locator("#legs .chart svg text", has_text="×").count() > 10
    ((value,),) = query(
        bulletin_warehouse,
        "select total_value_cny from marts.dual_circulation"
        " where product_group = 'garment' and month = '2020-08-01'",
    )
    assert str(value) == "1399986.00"
    found = "1399986" in file.read_text(encoding="utf-8")  # pytest would take minutes to compare
    assert not found


def test_growth_is_percent_and_a_contribution_is_named(opened: Opened, bulletin_warehouse: Settings):
    ((growth, share, effect, exports),) = query(
        bulletin_warehouse,
        "select g.growth_yoy, b.domestic_share_change_pp, b.export_effect_pp, b.export_growth"
        " from marts.growth as g"
        " cross join marts.share_bridge as b where g.basis = 'order_book' and g.product_group = 'ALL'"
        " and g.market_level = 'all' and g.period_type = 'month' and g.period_start = b.month"
        " and b.month = '2020-08-01' and b.product_group = 'denim' and b.comparison = '6m'",
    )
    assert opened.lead("pulled").startswith(f"全部产品销售总额同比增速 {displayed(growth, GROWTH)} %（")
    assert "对总增速的拉动，" in opened.lead("pulled")
    assert f"内销占比较六个月前 {displayed(share, POINTS)} 个百分点" in opened.lead("bridge")
    text = f"外销额增速 {displayed(exports, GROWTH)} %，对占比的拉动 {displayed(effect, POINTS)} 个百分点"
    assert text in opened.lead("bridge")


def test_the_chinese_page_has_no_codes_and_no_english(opened: Opened):
    """In any section, product or month: every missing figure has its reason in words."""
    opened.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    for product, month in (("", "2020-08-01"), ("garment", "2020-08-01"), ("yarn", "2019-01-01")):
        opened.page.select_option("#product", product)
        opened.page.select_option("#month", month)
        opened.wait("zh", product, month)
        cells = opened.page.locator("main td, main .lead, #refused-loads td").all_inner_texts()
        assert [text for text in cells if re.search(r"[a-z]{2,}", text)] == []


def test_the_other_language_has_no_chinese_left(opened: Opened):
    opened.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    opened.page.click("#language")
    opened.wait("en", "", "2020-08-01")
    assert opened.page.evaluate("document.documentElement.lang") == "en"
    assert opened.page.title().startswith(words()["page"]["title"]["en"])
    text = opened.page.locator("body").inner_text() + opened.page.locator("main svg").first.text_content()
    assert re.sub(r"中文|[^\u4e00-\u9fff]", "", text) == ""
    assert opened.lead("asean").startswith("White (greige) cloth to ASEAN: comparable growth")


def test_hovering_names_numerator_denominator_and_basis(opened: Opened):
    opened.page.locator(
        "#blocs .chart svg path[aria-roledescription], #blocs .chart svg .mark-rect path"
    ).first.hover()
    tip = opened.page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    text = tip.inner_text()
    assert all(name in text for name in ("海关报关", "销售额（人民币）", "销售总额（人民币）", "市场份额"))


def test_keyboard_and_screen_reader_get_the_table(opened: Opened):
    page = opened.page
    page.locator("#legs summary").focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("table").filter(has=page.locator("caption", has_text="内外销"))
    assert table.get_by_role("columnheader").count() == 14
    assert table.get_by_role("rowheader").count() == 21
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "scroll"
    label = page.locator("#legs .chart").get_attribute("aria-label")
    assert label == f"内外销：内销占比与三个外销去向: {opened.lead('legs')}"


@pytest.fixture(params=[1280, 800, 390])
def resized(request: pytest.FixtureRequest, browser: Browser, file: Path) -> Opened:
    return Opened(browser.new_page(viewport={"width": request.param, "height": 900}), file)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_label_overlaps_or_is_cut(resized: Opened, lang: str, tmp_path: Path):
    page = resized.page
    if lang == "en":
        page.click("#language")
        resized.wait("en", "", "2020-08-01")
    assert page.locator(".chart svg").count() == 9
    page.locator("header summary").evaluate_all("all => all.forEach(s => { s.parentElement.open = true; })")
    assert page.evaluate(OVERLAPS) == []
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    picture = tmp_path / f"{lang}_{width}.png"
    page.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > 100_000


def test_labels_that_overlap_or_are_cut_are_found(opened: Opened):
    def add(page: Page, x: int, text: str) -> Any:
        return page.evaluate(
            """([x, content]) => {
                const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
                Object.assign(text, { textContent: content });
                for (const [name, value] of [["x", x], ["y", 60]]) text.setAttribute(name, value);
                document.querySelector("#legs svg").append(text);
            }""",
            [x, text],
        )

    add(opened.page, 300, "one")
    add(opened.page, 310, "two")
    add(opened.page, 680, "a long one")
    found = opened.page.evaluate(OVERLAPS)
    assert "one / two" in found
    assert "a long one is cut" in found


def test_paper_is_a4_and_cuts_no_chart(browser: Browser, file: Path):
    opened = Opened(browser.new_page(viewport={"width": A4_WIDTH, "height": A4_HEIGHT}), file)
    page = opened.page
    page.emulate_media(media="print")
    assert not page.locator("#filters").is_visible()
    assert "2020-08" in page.locator("#chosen").inner_text()
    sizes = page.locator("section").evaluate_all("all => all.map(s => [s.scrollWidth, s.offsetHeight])")
    assert all(width <= A4_WIDTH and height <= A4_HEIGHT for width, height in sizes)
    breaks = page.locator("section").evaluate_all("all => all.map(s => getComputedStyle(s).breakInside)")
    assert set(breaks) == {"avoid"}
    assert page.evaluate(OVERLAPS) == []
    paper = page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper)
    assert 3 <= len(boxes) <= 6
    assert {(round(float(width)), round(float(height))) for width, height in boxes} == {(595, 842)}
