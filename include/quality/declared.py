"""The rules declared for a mart or for a source's files, as documentation shows them."""

import importlib
import re
from dataclasses import dataclass, field
from typing import Any

from include.sources.contract import contract


@dataclass(frozen=True)
class DeclaredRule:
    """A rule of a gate; ``text``: the columns or the SQL that it checks."""

    code: str
    zh: str
    en: str
    text: str = field(repr=False)

    def checks(self, column: str) -> bool:
        """Whether the rule checks a column of this name."""
        return re.search(rf"\b{re.escape(column)}\b", self.text) is not None


def list_mart_rules(mart: str) -> list[DeclaredRule]:
    """The rules of the release gate for a mart, in the order of its suite."""
    from expectations.marts import suite_of  # imports Great Expectations, which takes seconds

    return _declared(suite_of(mart))


def list_file_rules(source: str) -> list[DeclaredRule]:
    """The rules of the load gate for a source's rows and files."""
    from expectations.file_rules import files  # imports Great Expectations, which takes seconds

    of_rows = getattr(importlib.import_module(f"expectations.{source}"), source)()
    return _declared(of_rows) + _declared(files(contract(source).download_limit))


def _declared(suite: Any) -> list[DeclaredRule]:
    return [
        DeclaredRule(
            code=rule.meta["rule"],
            zh=rule.meta["zh"],
            en=rule.meta["en"],
            text=str(rule.configuration.kwargs),
        )
        for rule in suite.expectations
    ]
