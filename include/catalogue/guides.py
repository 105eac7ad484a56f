"""Convert the guides in ``docs/`` to HTML."""

import re
from itertools import pairwise
from pathlib import PurePosixPath
from posixpath import normpath

from markdown_it import MarkdownIt
from markdown_it.token import Token

from include.settings import PROJECT_DIR

DOCS = PROJECT_DIR / "docs"
# Guides for analysts and BI, with their titles in the index.
GUIDES = {
    "analysts.zh.md": "分析人员指南",
    "analysts.md": "For analysts",
    "questions/README.zh.md": "二十问（附答案）",
    "questions/README.md": "Twenty questions, with answers",
    "bi.md": "For BI tools",
}


def address(guide: str) -> str:
    """The path of a guide's page in the catalogue."""
    return guide.removesuffix(".md") + ".html"


def page(guide: str) -> str:
    """The body of a guide's page; only links to pages of the catalogue are kept."""
    markdown = MarkdownIt("commonmark").enable("table")
    tokens = markdown.parse((DOCS / guide).read_text(encoding="utf-8"))
    for heading, inline in pairwise(tokens):
        if heading.type == "heading_open":
            heading.attrSet("id", _anchor(inline.content))
    for token in tokens:
        _set_links(token.children or [], guide)
    return str(markdown.renderer.render(tokens, markdown.options, {}))


def _anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")


def _set_links(tokens: list[Token], guide: str) -> None:
    """Set links to pages of the catalogue; other links become plain text."""
    is_removed = False
    for token in tokens:
        if token.type == "link_open":
            target = _target(str(token.attrGet("href")), guide)
            is_removed = target is None
            token.attrSet("href", target or "")
        if is_removed and token.type in ("link_open", "link_close"):
            is_removed = token.type == "link_open"
            token.type = "text"  # an empty one


def _target(href: str, guide: str) -> str | None:
    file, _, anchor = href.partition("#")
    if not file:
        return href
    folder = PurePosixPath(guide).parent
    linked = normpath((folder / file).as_posix())
    up = "../" * len(folder.parts)
    if linked == "marts/README.md":
        return f"{up}index.html"
    if linked in GUIDES or (linked.startswith("marts/") and (DOCS / linked).is_file()):
        return f"{up}{address(linked)}" + (f"#{anchor}" if anchor else "")
    return None
