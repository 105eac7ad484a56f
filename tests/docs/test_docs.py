"""Links, files, commands and columns named in the docs exist."""

import re
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import typer
from samples import validated_again

from include.cli.main import app
from include.release import publishing
from include.settings import PROJECT_DIR, Role, Settings

DOCS = sorted(
    [PROJECT_DIR / "README.md", PROJECT_DIR / "CHANGELOG.md", *(PROJECT_DIR / "docs").rglob("*.md")]
)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
CODE_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
MAKE_TARGET = re.compile(r"(?:^|[`&|;(]) *make ([a-z]+)", re.MULTILINE)
TEXTILE_COMMAND = re.compile(r"(?:^|[`/(]|error: )textile ([a-z]+)", re.MULTILINE)
SQL_COMMAND = re.compile(r"""textile sql((?: --json| --role \w+)*) "([^"]+)\"""")
TOP_FOLDERS = (
    "bench",
    "dags",
    "dbt_project",
    "docker",
    "docs",
    "expectations",
    "include",
    "requirements",
    "tests",
)


def name(path: Path) -> str:
    return path.relative_to(PROJECT_DIR).as_posix()


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def commands(path: Path) -> str:
    """Everything of a page that is code."""
    blocks = [block for _, _, block in CODE_BLOCK.findall(text(path))]
    return "\n".join([*blocks, *(f"`{code}`" for code in INLINE_CODE.findall(text(path)))])


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text(path), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def queries(path: Path) -> list[str]:
    return [block for _, language, block in CODE_BLOCK.findall(text(path)) if language == "sql"]


def sql_commands(page: Path) -> list[tuple[Role, str]]:
    """Role and query of each ``textile sql`` that a page types."""
    typed = SQL_COMMAND.findall("\n".join(block for _, _, block in CODE_BLOCK.findall(text(page))))
    return [
        (Role(options.partition("--role ")[2].split(" ")[0] or "analyst"), query) for options, query in typed
    ]


def test_there_are_docs_to_check() -> None:
    assert len(DOCS) > 20
    assert len(queries(PROJECT_DIR / "docs" / "analysts.md")) >= 8
    assert sum(len(sql_commands(page)) for page in DOCS) > 15


@pytest.mark.parametrize("page", DOCS, ids=name)
def test_every_link_has_a_target(page: Path) -> None:
    for target, anchor in LINK.findall(text(page)):
        linked = (page.parent / target).resolve() if target else page
        assert linked.is_file(), target
        assert not anchor or anchor in anchors(linked), f"{target}#{anchor}"


def test_every_page_is_in_the_index() -> None:
    index = PROJECT_DIR / "docs" / "index.md"
    indices = [index, PROJECT_DIR / "docs" / "marts" / "README.md"]
    linked = {
        (page.parent / target).resolve()
        for page in indices
        for target, _ in LINK.findall(text(page))
        if target
    }
    assert {page for page in DOCS if page.is_relative_to(index.parent)} - linked == {index}


@pytest.mark.parametrize("page", DOCS, ids=name)
def test_commands_exist(page: Path) -> None:
    makefile = (PROJECT_DIR / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    known = set(typer.main.get_command(app).commands)
    assert set(MAKE_TARGET.findall(commands(page))) - targets == set()
    assert set(TEXTILE_COMMAND.findall(commands(page))) - known == set()


@pytest.mark.parametrize("page", DOCS, ids=name)
def test_files_exist(page: Path) -> None:
    words = {word for code in INLINE_CODE.findall(text(page)) for word in code.split()}
    paths = {word for word in words if word.split("/")[0] in TOP_FOLDERS and "/" in word and "<" not in word}
    assert {path for path in paths if not (PROJECT_DIR / path).exists()} == set()


def test_every_refusal_is_in_the_runbook() -> None:
    """Codes of files that cannot be read; those of rules are in ``expectations/file_rules.py``."""
    raised = re.compile(r"""UnreadableFileError\(\s*"(\w+)\"""")
    codes = {code for file in (PROJECT_DIR / "include").rglob("*.py") for code in raised.findall(text(file))}
    assert len(codes) > 10
    runbook = PROJECT_DIR / "docs" / "runbooks" / "load-refused.md"
    assert {code for code in codes if f"`{code}`" not in text(runbook)} == set()


@pytest.fixture(scope="module")
def two_releases(new_warehouse: Callable[..., Settings], published: Settings) -> Settings:
    """A warehouse with the releases 1 and 2, as the pages speak of them."""
    settings = new_warehouse(published)
    assert publishing.publish_build(settings, validated_again(settings)).release_id == 2
    return settings


@pytest.mark.parametrize("page", [page for page in DOCS if queries(page)], ids=name)
def test_queries_fit_the_marts(page: Path, two_releases: Settings) -> None:
    with psycopg.connect(two_releases.dsn(Role.ANALYST)) as connection:
        for query in queries(page):
            connection.execute(query.encode())
        connection.rollback()


@pytest.mark.parametrize("page", [page for page in DOCS if sql_commands(page)], ids=name)
def test_sql_commands_fit_their_roles(page: Path, two_releases: Settings) -> None:
    for role, query in sql_commands(page):
        with psycopg.connect(two_releases.dsn(role)) as connection:
            connection.execute(query.encode())
            connection.rollback()
