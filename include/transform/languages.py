"""What readers are told in both languages is one text in the dbt project: ``English. / 中文。``."""

import re

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def in_english(text: str) -> str:
    """The English part of a text; all of it where it has no other."""
    return _parts(text)[0]


def in_chinese(text: str) -> str:
    """The Chinese part of a text, empty where it has none."""
    return _parts(text)[1]


def _parts(text: str) -> tuple[str, str]:
    words = " ".join(text.split())
    first = _CHINESE.search(words)
    if first is None:
        return words, ""
    # A slash may also stand in a formula of the English part, never before the first Chinese character.
    english, _, start = words[: first.start()].rpartition(" / ")
    return english, start + words[first.start() :]
