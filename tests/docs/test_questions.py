"""The bureau's questions, and the examples on the pages of the marts, asked of a generated cluster."""

import re
from pathlib import Path

import psycopg
import pytest

from include import pipeline, release, synthetic
from include.settings import PROJECT_DIR, Role, Settings
from include.sources import files
from include.sources.contract import sources

QUESTIONS = sorted((PROJECT_DIR / "docs" / "questions").glob("*.sql"))
# A first release has revised nothing, and its small cluster needs no turn in its last month.
MAY_BE_EMPTY = {"how_far_do_figures_move", "which_mills_turned", "how_fast_did_they_turn"}


@pytest.fixture(scope="module")
def analyst(new_warehouse, tmp_path_factory):
    settings: Settings = new_warehouse()
    folder = tmp_path_factory.mktemp("cluster")
    synthetic.generate(folder, months=26, enterprises=20, seed=7, scale=0.3)
    for source in sources():
        results = pipeline.load_files(settings, source, files.find(folder, source))
        assert {result.status for result in results} == {"accepted"}
    result = release.publish(settings)
    assert result.status == "published", result
    with psycopg.connect(settings.dsn(Role.ANALYST), autocommit=True) as connection:
        yield connection


def test_there_are_twenty_and_the_page_lists_them():
    assert len(QUESTIONS) == 20
    page = (PROJECT_DIR / "docs" / "questions" / "README.md").read_text(encoding="utf-8")
    for path in QUESTIONS:
        english, chinese = (
            line.removeprefix("-- ") for line in path.read_text(encoding="utf-8").splitlines()[:2]
        )
        assert f"| {english} | {chinese} | [{path.name}]({path.name}) |" in page


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_a_question_is_answered(analyst: psycopg.Connection, path: Path):
    answer = analyst.execute(path.read_bytes()).fetchall()
    assert answer or path.stem[3:] in MAY_BE_EMPTY


def test_the_examples_of_the_pages_run(analyst: psycopg.Connection):
    pages = (PROJECT_DIR / "docs" / "marts").glob("*.md")
    examples = {
        page.stem: found.group(1)
        for page in pages
        if (found := re.search(r"```sql\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
    }
    assert len(examples) >= 14
    for mart, query in examples.items():
        answer = analyst.execute(query.encode()).fetchall()
        assert answer or mart == "revision", mart
