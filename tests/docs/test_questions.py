"""The bureau's questions, and the examples on the pages of the marts, asked of a generated cluster."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from bench import questions
from bench.timing import Run
from expectations.marts import MARTS
from include import pipeline, release, synthetic
from include.settings import PROJECT_DIR, Role, Settings
from include.sources import files
from include.sources.contract import sources

QUESTIONS = sorted((PROJECT_DIR / "docs" / "questions").glob("*.sql"))
# A first release has no earlier one to be compared with.
MAY_BE_EMPTY = {"how_far_do_figures_move"}


@pytest.fixture(scope="module")
def cluster(new_warehouse: Callable[[], Settings], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = new_warehouse()
    folder = tmp_path_factory.mktemp("cluster")
    synthetic.generate(folder, months=26, enterprises=20, seed=7, scale=0.3)
    for source in sources():
        results = pipeline.load_files(settings, source, files.find(folder, source))
        assert {result.status for result in results} == {"accepted"}
    result = release.publish(settings)
    assert result.status == "published", result
    return settings


@pytest.fixture(scope="module")
def analyst(cluster: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(cluster.dsn(Role.ANALYST), autocommit=True) as connection:
        yield connection


def test_there_are_twenty_and_the_page_lists_them():
    rows = []
    for path in QUESTIONS:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert all(line.startswith("-- ") for line in lines[:3]), "question, 问题, how to read the answer"
        english, chinese = (line.removeprefix("-- ") for line in lines[:2])
        rows.append(f"| {english} | {chinese} | [{path.name}]({path.name}) |")
    assert len(rows) == 20
    page = (PROJECT_DIR / "docs" / "questions" / "README.md").read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if ".sql) |" in line] == rows


def test_every_mart_with_figures_is_asked():
    asked = "\n".join(path.read_text(encoding="utf-8") for path in QUESTIONS)
    figures = {mart for mart in MARTS if not mart.startswith(("dim_", "source_quality"))}
    assert figures - set(re.findall(r"marts\.(\w+)", asked)) == set()


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_a_question_is_answered(analyst: psycopg.Connection, path: Path):
    answer = analyst.execute(path.read_bytes()).fetchall()
    assert answer or path.stem[3:] in MAY_BE_EMPTY


def test_the_bench_times_each_of_them(cluster: Settings):
    found = questions.measure(Run(cluster, lines=0, rounds=0, results={}))
    assert list(found["milliseconds"]) == list(found["rows"]) == [path.stem for path in QUESTIONS]
    assert 0 < min(found["milliseconds"].values()) <= found["slowest_ms"]
    assert {name[3:] for name, rows in found["rows"].items() if not rows} <= MAY_BE_EMPTY


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
