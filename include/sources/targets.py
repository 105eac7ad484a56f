"""Values of a profile that belong to a code list: the contract or its seed must have the code."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from include.sources.contract import Column, Contract
from include.sources.lookups import fold, known_words

_MOST_CODES = 10


class Target(NamedTuple):
    """A value that a profile puts into a column: the profile's key, and the word that it replaces, if any."""

    key: str
    column: str
    word: str
    value: str


def wrong_targets(
    targets: Iterable[Target], words: Mapping[str, Mapping[str, str]], of: Contract
) -> Iterator[str]:
    """One message per invalid value: its key, column, word and value, and the valid ones.

    ``words``: the profile's own words by column.
    """
    for key, column_name, word, value in targets:
        column = of.column(column_name)
        # A word may refer to another word of the list, but not to one that only the profile has.
        own = {} if key == "words" else words.get(column_name, {})
        if not _is_known(value, column, own):
            at = ": ".join(filter(None, [key, column_name, word]))
            yield f"{at}: {value!r} is no {_kind(column)}; {_known(value, word, column)}"


def _is_known(value: str, column: Column, own: Mapping[str, str]) -> bool:
    if column.type == "code":
        return fold(value) in {*known_words(column), *map(fold, own), *map(fold, column.missing_words)}
    if column.digits and fold(value) not in map(fold, own):
        is_code = re.fullmatch("[0-9]+", value) and len(value) in column.digits
        return bool(is_code) or value == column.absent_as
    return True


def _kind(column: Column) -> str:
    return "known code or word" if column.type == "code" else "such code"


def _known(value: str, word: str, column: Column) -> str:
    """Similar valid values, and where the whole list is."""
    if column.type != "code":
        return f"it has {' or '.join(map(str, column.digits))} digits"
    known = known_words(column)
    codes = list(dict.fromkeys(known.values()))
    near = [known[hit] for hit in difflib.get_close_matches(fold(value), known, 3)]
    meant = list(dict.fromkeys([*filter(None, [known.get(fold(word))]), *near]))
    if column.codes and len(codes) > _MOST_CODES:
        likely = f"{' or '.join(meant)}, or another code" if meant else "a code"
        return f"use {likely} of dbt_project/seeds/{column.codes}.csv"
    return f"known are {', '.join(codes)}"
