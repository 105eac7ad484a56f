"""The rules that are declared for a mart, as a person reads them."""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class DeclaredRule:
    """A rule of the release gate; ``text`` is all that it looks at: its columns, or its SQL."""

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

    return [
        DeclaredRule(
            code=rule.meta["rule"],
            zh=rule.meta["zh"],
            en=rule.meta["en"],
            text=str(rule.configuration.kwargs),
        )
        for rule in suite_of(mart).expectations
    ]
