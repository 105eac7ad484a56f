"""The vocabulary of the release gate's suites."""

import great_expectations.expectations as gxe

from expectations.rules import rule


def no_row(code: str, zh: str, en: str, query: str) -> gxe.Expectation:
    """The query, in which ``{batch}`` is the mart, finds no row."""
    return rule(gxe.UnexpectedRowsExpectation, code, zh, en, level="release", unexpected_rows_query=query)


def not_empty() -> gxe.Expectation:
    """The mart has rows."""
    return rule(
        gxe.ExpectTableRowCountToBeBetween,
        "mart_not_empty",
        "数据表为空",
        "the mart has no row",
        level="release",
        min_value=1,
    )


def grain(*columns: str) -> gxe.Expectation:
    """One row per combination; NULL counts as a value, as market_code has none at group level."""
    names = ", ".join(columns)
    return no_row(
        "one_row_per_grain",
        f"同一 {names} 出现多行",
        f"more than one row for one {names}",
        f"select {names} from {{batch}} group by {names} having count(*) > 1",  # noqa: S608  (our own columns)
    )


def figure_or_reason(column: str, reason: str) -> gxe.Expectation:
    """A figure is missing exactly when its reason is given."""
    return no_row(
        f"{column}_or_reason",
        f"{column} 为空时必须给出原因，有值时不得给出",
        f"{column} is missing exactly when {reason} says why",
        f"select * from {{batch}} where ({column} is null) = ({reason} is null)",  # noqa: S608  (our own columns)
    )


def figures_or_reasons(figures: dict[str, str]) -> gxe.Expectation:
    """Each figure (column -> column of its reason) is missing exactly when its reason is given."""
    broken = " or ".join(f"({column} is null) = ({reason} is null)" for column, reason in figures.items())
    return no_row(
        "figures_or_reasons",
        "指标为空时必须给出原因，有值时不得给出",
        "a figure is missing exactly when the reason beside it says why: " + ", ".join(figures),
        f"select * from {{batch}} where {broken}",  # noqa: S608  (our own columns)
    )
