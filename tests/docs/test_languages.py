"""Texts for analysts and the bureau are in Chinese and in English."""

import importlib
from pathlib import Path

import psycopg
import pytest

from expectations.file_rules import files
from expectations.identities import identities
from expectations.marts import MARTS, suite_of
from include.quality.saved_queries import FOLDER
from include.settings import Role, Settings
from include.sources.contract import sources
from include.transform.languages import in_chinese, in_english
from include.transform.mart_pages import parse_project

COMMENTS = """
    select c.oid::regclass::text || coalesce('.' || a.attname, ''),
        col_description(c.oid, coalesce(a.attnum, 0))
    from pg_class as c
    left join lateral (
        select attname, attnum from pg_attribute
        where attrelid = c.oid and attnum > 0 and not attisdropped
        union all select null, 0
    ) as a on true
    where c.relnamespace in ('marts'::regnamespace, 'marts_history'::regnamespace) and c.relkind = 'v'
    union all
    select p.oid::regprocedure::text, obj_description(p.oid, 'pg_proc')
    from pg_proc as p
    where p.pronamespace = 'marts'::regnamespace and p.prokind in ('a', 'f')
        and has_function_privilege('bi_reader', p.oid, 'execute')
"""


def is_bilingual(text: str) -> bool:
    return bool(in_english(text) and in_chinese(text))


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("Sales. / 销售额。", "Sales.", "销售额。"),
        ("a / b, a fraction. / 以 b 为分母 / 小数。", "a / b, a fraction.", "以 b 为分母 / 小数。"),
        ("Of all. / all 层级。", "Of all.", "all 层级。"),
        ("a / b", "a / b", ""),
        ("Sales 销售额", "", "Sales 销售额"),
    ],
)
def test_a_text_has_two_parts(text: str, english: str, chinese: str):
    assert (in_english(text), in_chinese(text)) == (english, chinese)


def test_comments_of_all_that_readers_see(published: Settings):
    with psycopg.connect(published.dsn(Role.ANALYST)) as connection:
        comments = dict(connection.execute(COMMENTS.encode()).fetchall())
    assert len(comments) > 500
    assert [
        name for name, text in comments.items() if not in_chinese(text or "") or not in_english(text)
    ] == []


@pytest.mark.heavy
def test_questions_of_the_marts():
    marts = [node for node in parse_project().values() if node["fqn"][1:2] == ["marts"]]
    questions = {
        node["name"]: node["config"]["meta"].get("question", "") for node in marts if "columns" in node
    }
    assert set(MARTS) <= set(questions)
    assert [mart for mart in MARTS if not is_bilingual(questions[mart])] == []


def test_reasons_of_refusals_and_of_quarantine():
    suites = [getattr(importlib.import_module(f"expectations.{source}"), source)() for source in sources()]
    suites += [files(10_000), identities(), *(suite_of(mart) for mart in MARTS)]
    rules = [expectation.meta for suite in suites for expectation in suite.expectations]
    assert len(rules) > 150
    texts = {rule["rule"]: (rule["en"], in_chinese(rule["zh"])) for rule in rules}
    assert [code for code, (english, chinese) in texts.items() if not (english and chinese)] == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.sql")), ids=lambda path: path.stem)
def test_titles_of_saved_queries(path: Path):
    english, chinese = (
        line.removeprefix("-- ") for line in path.read_text(encoding="utf-8").splitlines()[:2]
    )
    assert not in_chinese(english)
    assert in_chinese(chinese)
