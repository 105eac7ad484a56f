"""What a profile maps to a code list: every code must be one that the contract or its seed knows."""

import difflib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from include.sources.contract import Column, Contract
from include.sources.expressions import results
from include.sources.lookups import fold, known_words

if TYPE_CHECKING:
    from include.sources.profile import Profile

_SHOWN_CODES = 10


def wrong_targets(profile: "Profile", of: Contract) -> Iterator[str]:
    """One message per value that no row could have: its key, column, word and value, and what is known."""
    for key, column_name, word, value in _targets(profile):
        column = of.column(column_name)
        # A word may stand for another word of the list, but not for one that only the profile knows.
        own = {} if key == "words" else profile.words.get(column_name, {})
        if not _is_known(value, column, own):
            at = ": ".join(filter(None, [key, column_name, word]))
            yield f"{at}: {value!r} is no {_kind(column)}; {_known(value, word, column)}"


def _targets(profile: "Profile") -> Iterator[tuple[str, str, str, str]]:
    """Key of the profile, column, word that is mapped or nothing, value. Blank values are missing values."""
    for column, words in profile.words.items():
        yield from (("words", column, word, target) for word, target in words.items())
    for key, values in (("constants", profile.constants), ("defaults", profile.defaults)):
        yield from ((key, column, "", value) for column, value in values.items() if value.strip())
    for column, sql in profile.computed.items():
        yield from (("computed", column, "", value) for value in sorted(results(sql)) if value.strip())


def _is_known(value: str, column: Column, own: dict[str, str]) -> bool:
    if column.type == "code":
        return fold(value) in {*known_words(column), *map(fold, own), *map(fold, column.missing_words)}
    if column.digits and fold(value) not in map(fold, own):
        is_code = re.fullmatch("[0-9]+", value) and len(value) in column.digits
        return bool(is_code) or value == column.absent_as
    return True


def _kind(column: Column) -> str:
    return "known code or word" if column.type == "code" else "such code"


def _known(value: str, word: str, column: Column) -> str:
    """What the person may have meant, and where the whole list is."""
    if column.type != "code":
        return f"it has {' or '.join(map(str, column.digits))} digits"
    known = known_words(column)
    codes = list(dict.fromkeys(known.values()))
    near = [known[hit] for hit in difflib.get_close_matches(fold(value), known, 3)]
    meant = list(dict.fromkeys([*filter(None, [known.get(fold(word))]), *near]))
    if column.codes and len(codes) > _SHOWN_CODES:
        likely = f"{' or '.join(meant)}, or another code" if meant else "a code"
        return f"use {likely} of dbt_project/seeds/{column.codes}.csv"
    return f"known are {', '.join(codes)}"
