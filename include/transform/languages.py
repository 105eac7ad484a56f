"""Texts for readers are in both languages, in one string of the dbt project: ``English. / 中文。``."""

import re

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def in_english(text: str) -> str:
    """The English part of a text; all of it where it has no Chinese part."""
    return _parts(text)[0]


def in_chinese(text: str) -> str:
    """The Chinese part of a text, empty where it has none."""
    return _parts(text)[1]


def _parts(text: str) -> tuple[str, str]:
    words = " ".join(text.split())
    first = _CHINESE.search(words)
    if first is None:
        return words, ""
    # The last slash before the first Chinese character: formulas in the English part may have others.
    english, _, start = words[: first.start()].rpartition(" / ")
    return english, start + words[first.start() :]
