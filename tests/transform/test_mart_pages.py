"""The pages in docs/marts say what the dbt project says."""

import pytest

from include.transform.mart_pages import MART_PAGES, mart_pages, parse_project

pytestmark = pytest.mark.heavy


def test_pages_are_those_of_the_project() -> None:
    expected = mart_pages(parse_project())
    found = {path.name: path.read_text(encoding="utf-8") for path in MART_PAGES.glob("*.md")}
    assert found == expected, "run: python -m include.transform.mart_pages"
    assert len(expected) > 10


def test_columns_have_the_names_of_the_catalogue() -> None:
    page = (MART_PAGES / "national_share.md").read_text(encoding="utf-8")
    assert "| share | 占统计出口额比重 / Share in exports by the customs statistics |" in page
    assert "| share | 市场份额 / Market share |" in (MART_PAGES / "market_share.md").read_text(
        encoding="utf-8"
    )
