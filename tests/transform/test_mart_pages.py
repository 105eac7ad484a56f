"""The pages in docs/marts say what the dbt project says."""

from include.transform.mart_pages import MART_PAGES, mart_pages, parse_project


def test_pages_are_those_of_the_project() -> None:
    expected = mart_pages(parse_project())
    found = {path.name: path.read_text(encoding="utf-8") for path in MART_PAGES.glob("*.md")}
    assert found == expected, "run: python -m include.transform.mart_pages"
    assert len(expected) > 10
