"""The rules that are declared for a mart or for a source's files, as a person reads them."""

import importlib
import re
from dataclasses import dataclass, field
from typing import Any

from include.sources.contract import contract


@dataclass(frozen=True)
class DeclaredRule:
    """A rule of a gate; ``text`` is all that it looks at: its columns, or its SQL."""

    code: str
    zh: str
    en: str
    text: str = field(repr=False)

    def speaks_of(self, column: str) -> bool:
        """Whether the rule looks at a column of this name."""
        return re.search(rf"\b{re.escape(column)}\b", self.text) is not None


def rules_of(mart: str) -> list[DeclaredRule]:
    """What the release gate asks of a mart, in the order of its suite."""
    from expectations.marts import suite_of  # imports Great Expectations, which takes seconds

    return _declared(suite_of(mart))


def rules_of_files(source: str) -> list[DeclaredRule]:
    """What the load gate asks of a source's rows and files."""
    from expectations.files import files  # imports Great Expectations, which takes seconds

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
