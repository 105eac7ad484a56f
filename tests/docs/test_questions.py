"""The bureau's questions, and the examples on the pages of the marts, asked of a generated cluster."""

import re
from collections.abc import Callable, Iterator

import psycopg
import pytest

from bench import questions
from bench.timing import Run
from expectations.marts import MARTS
from include.demo import answers, stages, synthetic
from include.load import drop_folder, loading
from include.release import publishing
from include.settings import PROJECT_DIR, Role, Settings
from include.sources.contract import sources
from include.transform.languages import in_chinese

QUESTIONS = answers.questions()
NAMED = re.compile(r"`([^`]+)`")
PAGES = {"README.md", "README.zh.md"}
# Generating the demo's data takes a minute or two on an idle machine.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def cluster(new_warehouse: Callable[[], Settings]) -> Settings:
    """What ``make demo`` leaves, made without Airflow: the history is a release, the day after it another."""
    settings = new_warehouse()
    synthetic.generate(settings.landing_dir, stages.HISTORY_MONTHS, stages.ENTERPRISES, stages.SEED)
    assert load_and_publish(settings) == {"accepted"}
    synthetic.generate_next_day(settings.landing_dir, stages.ENTERPRISES, stages.SEED)
    assert load_and_publish(settings) == {"accepted", "refused"}
    return settings


def load_and_publish(settings: Settings) -> set[str]:
    """Load all waiting files, and publish; returns the statuses of the files."""
    found = set()
    for source in sources():
        waiting = drop_folder.find(settings.landing_dir, source)
        found |= {result.status for result in loading.load_files(settings, source, waiting)}
    result = publishing.publish(settings)
    assert result.status == "published", result
    return found


@pytest.fixture(scope="module")
def analyst(cluster: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(cluster.dsn(Role.ANALYST), autocommit=True) as connection:
        yield connection


def test_the_pages_have_the_answers_of_the_demo(cluster: Settings):
    pages = answers.pages(cluster)
    assert set(pages) == PAGES
    for name, text in pages.items():
        written = (answers.QUESTIONS / name).read_text(encoding="utf-8")
        assert written == text, "after `make demo` and `make up`: python -m include.demo.answers"


def test_there_are_twenty_in_both_languages():
    assert len(QUESTIONS) == 20
    for question in QUESTIONS:
        assert in_chinese(question.zh)
        assert in_chinese(question.reading_zh)
        assert not in_chinese(question.en + question.reading_en)
        assert question.sql.startswith(("select", "with"))


@pytest.mark.parametrize(
    "pair", [("questions/README.md", "questions/README.zh.md"), ("analysts.md", "analysts.zh.md")]
)
def test_the_chinese_page_says_the_same(pair: tuple[str, str]):
    english, chinese = ((PROJECT_DIR / "docs" / page).read_text(encoding="utf-8") for page in pair)
    assert shape(chinese) == shape(english)
    assert in_chinese(chinese.splitlines()[0])


def shape(page: str) -> dict[str, object]:
    """What two languages of a page have in common: headings' levels, code, what tables are about, names."""
    text = re.sub(r"^ *```.*?^ *```", "", page, flags=re.MULTILINE | re.DOTALL)
    first_cells = re.findall(r"^ *\|(.*?)\|", text, re.MULTILINE)
    return {
        "headings": re.findall(r"^(#+) ", text, re.MULTILINE),
        "code": re.findall(r"^```.*?^```", page, re.MULTILINE | re.DOTALL),
        "tables": [NAMED.findall(cell) for cell in first_cells],
        "named": {" ".join(name.split()) for name in NAMED.findall(text)},
    }


def test_every_mart_with_figures_is_asked():
    asked = "\n".join(question.sql for question in QUESTIONS)
    figures = {mart for mart in MARTS if not mart.startswith(("dim_", "source_quality"))}
    assert figures - set(re.findall(r"marts\.(\w+)", asked)) == set()


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.file)
def test_a_question_is_answered(analyst: psycopg.Connection, question: answers.Question):
    assert answers.answer(analyst, question).rows


def test_the_bench_times_each_of_them(cluster: Settings):
    found = questions.measure(Run(cluster, lines=0, rounds=0, results={}))
    stems = [question.file.removesuffix(".sql") for question in QUESTIONS]
    assert list(found["milliseconds"]) == list(found["rows"]) == stems
    assert 0 < min(found["milliseconds"].values()) <= found["slowest_ms"]
    assert all(found["rows"].values())


def test_the_examples_of_the_pages_run(analyst: psycopg.Connection):
    pages = (PROJECT_DIR / "docs" / "marts").glob("*.md")
    examples = {
        page.stem: found.group(1)
        for page in pages
        if (found := re.search(r"```sql\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
    }
    assert len(examples) >= 14
    for mart, query in examples.items():
        assert analyst.execute(query.encode()).fetchall(), mart
