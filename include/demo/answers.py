"""The bureau's questions with their answers on the demo's data: ``python -m include.demo.answers``.

Each file of ``docs/questions`` begins with four lines of comment: the question in English and in Chinese, and
how to read its answer, in both. The pages are written from them and from the data of ``make demo``.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

from include.errors import TextileError
from include.settings import PROJECT_DIR, Role, Settings, load_settings
from include.warehouse.connection import connect

QUESTIONS = PROJECT_DIR / "docs" / "questions"
_MAX_ROWS = 12
_HEAD_EN = """\
# Twenty questions of the bureau

Each is one query over `marts`, with its answer on the data of `make demo`: a made-up cluster, so no figure
here is Lanxi's. 中文版：[README.zh.md](README.zh.md). Run one as analyst:
"""
_HEAD_ZH = """\
# 二十问

每一问是对 `marts` 的一条查询，答案取自 `make demo` 的数据：那是虚构的产业集群，这里的数字都不是兰溪的。
English: [README.md](README.md). 以 analyst 角色运行：
"""
_RUN = """
```sh
.venv/bin/textile sql < docs/questions/01_who_buys_denim.sql
```
"""
_WRITTEN_EN = """
Written by `.venv/bin/python -m include.demo.answers` after `make demo` and `make up`; do not edit.
The tests ask the same data. `NULL`: there is no such figure. Money has two decimals here, other
figures four.
"""
_WRITTEN_ZH = """
由 `.venv/bin/python -m include.demo.answers` 在 `make demo` 和 `make up` 之后写成，请勿手改；
测试用同样的数据逐条核对。`NULL` 表示没有这个数字。这里金额保留两位小数，其他数字保留四位。
"""


@dataclass(frozen=True)
class Question:
    """One file of ``docs/questions``."""

    file: str
    en: str
    zh: str
    reading_en: str
    reading_zh: str
    sql: str


@dataclass(frozen=True)
class Answer:
    """The answer of a warehouse: names of the columns, and all rows."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def questions() -> list[Question]:
    """All questions in their order."""
    found = []
    for path in sorted(QUESTIONS.glob("*.sql")):
        *comments, sql = path.read_text(encoding="utf-8").split("\n", 4)
        en, zh, reading_en, reading_zh = (line.removeprefix("-- ") for line in comments)
        found.append(Question(path.name, en, zh, reading_en, reading_zh, sql.strip()))
    return found


def answer(connection: psycopg.Connection, question: Question) -> Answer:
    """Run the query of one question."""
    cursor = connection.execute(question.sql.encode())
    return Answer([column.name for column in cursor.description or ()], cursor.fetchall())


def pages(settings: Settings) -> dict[str, str]:
    """File name -> the page, in English and in Chinese, with the answers of this warehouse."""
    with connect(settings, Role.ANALYST) as connection:
        answered = [(question, answer(connection, question)) for question in questions()]
    english = _page(answered, lambda q: (q.en, q.reading_en), "No rows.", "The first {} of {} rows.")
    chinese = _page(answered, lambda q: (q.zh, q.reading_zh), "没有行。", "前 {} 行，共 {} 行。")
    return {
        "README.md": f"{_HEAD_EN}{_RUN}{_WRITTEN_EN}{english}",
        "README.zh.md": f"{_HEAD_ZH}{_RUN}{_WRITTEN_ZH}{chinese}",
    }


def _page(
    answered: list[tuple[Question, Answer]],
    words: Callable[[Question], tuple[str, str]],
    none: str,
    more: str,
) -> str:
    sections = []
    for number, (question, found) in enumerate(answered, 1):
        title, reading = words(question)
        displayed = found.rows[:_MAX_ROWS]
        table = [
            found.columns,
            ["---"] * len(found.columns),
            *(map(_cell, found.columns, row) for row in displayed),
        ]
        lines = [f"| {' | '.join(cells)} |" for cells in table] if displayed else [none]
        note = ["", more.format(len(displayed), len(found.rows))] if len(found.rows) > len(displayed) else []
        link = f"{reading} [{question.file}]({question.file})"
        sections += [
            "",
            f"## {number}. {title}",
            "",
            link,
            "",
            "```sql",
            question.sql,
            "```",
            "",
            *lines,
            *note,
        ]
    return "\n".join([*sections, ""])


def _cell(column: str, value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:,.2f}" if column.endswith(("_cny", "_usd")) else f"{value:,.4f}"
    return str(value).replace("|", "\\|")


def write(settings: Settings, folder: Path = QUESTIONS) -> list[Path]:
    """Write the pages; returns them."""
    written = []
    for name, text in pages(settings).items():
        (folder / name).write_text(text, encoding="utf-8")
        written.append(folder / name)
    return written


if __name__ == "__main__":
    try:
        print(*(path.relative_to(PROJECT_DIR) for path in write(load_settings())), sep="\n")
    except TextileError as error:
        sys.exit(f"answers: {error}")
