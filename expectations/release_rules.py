"""Functions for the rules of the release gate."""

from pathlib import Path

import great_expectations.expectations as gxe
import yaml

from expectations.rules import rule

_PROJECT = Path(__file__).parents[1] / "dbt_project" / "dbt_project.yml"


def decided(variable: str) -> str:
    """A value that the bureau decided, from ``vars`` of the dbt project, for models and rules."""
    return str(yaml.safe_load(_PROJECT.read_text(encoding="utf-8"))["vars"][variable])


def no_row(code: str, zh: str, en: str, query: str) -> gxe.Expectation:
    """The query, in which ``{batch}`` is the mart, returns no row."""
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
        "a figure is missing exactly when its reason is given: " + ", ".join(figures),
        f"select * from {{batch}} where {broken}",  # noqa: S608  (our own columns)
    )


def waits_for_rates(lines: str, *figures: str) -> gxe.Expectation:
    """Figures are null where ``lines`` (SQL: the count of lines without an exchange rate) is above 0."""
    return no_row(
        "no_figure_of_lines_without_rate",
        "有订单行尚无汇率时，受其影响的份额和增速必须为空",
        "a share or growth is empty where one of its lines has no exchange rate",
        f"select * from {{batch}} where {lines} > 0 and num_nonnulls({', '.join(figures)}) > 0",  # noqa: S608
    )


def finished(basis: str) -> gxe.Expectation:
    """A month is finished exactly when it is finished in growth; ``basis`` as SQL."""
    return no_row(
        "finished_as_growth_says",
        "月份是否结束必须与增速表一致",
        "is_finished must be the same as in growth",
        f"""
        select own.month from {{batch}} as own
        left join candidate.growth as grown
            on grown.period_type = 'month' and grown.market_level = 'all' and grown.product_group = 'ALL'
            and grown.basis = {basis} and grown.period_start = own.month
        where own.is_finished = (grown.comparability_reason is not distinct from 'period_not_finished')
            or grown.basis is null
        """,  # noqa: S608  (our own columns)
    )


def comparable(basis: str = "own.basis") -> gxe.Expectation:
    """A period is comparable exactly when it is comparable in growth; ``basis`` as SQL."""
    return no_row(
        "comparable_as_growth_says",
        "可比与否必须与增速表一致",
        "is_comparable and its reason must be the same as in growth",
        f"""
        select own.period_type, own.period_start from {{batch}} as own
        left join candidate.growth as grown
            on grown.market_level = 'all' and grown.product_group = 'ALL' and grown.basis = {basis}
            and (grown.period_type, grown.period_start) = (own.period_type, own.period_start)
        where own.comparability_reason is distinct from grown.comparability_reason
            or own.is_comparable is distinct from grown.is_comparable
        """,  # noqa: S608  (our own columns)
    )


def low_bases_flagged(base: str) -> gxe.Expectation:
    """A base below the bureau's limit is flagged, and no other."""
    return no_row(
        "low_bases_are_flagged",
        "低基数必须标明，其余不得标明",
        "a base below low_base_cny must be flagged, and no other",
        f"""
        select * from {{batch}}
        where is_low_base <> coalesce({base} < {decided("low_base_cny")}, false)
        """,  # noqa: S608  (our own column and number)
    )


def staged(last_month: str = "own.month") -> gxe.Expectation:
    """A row has the stage that its last month, as SQL, has reached by the release calendar."""
    return no_row(
        "stage_as_the_calendar_says",
        "阶段必须与发布日历和数据截止日一致",
        "stage must follow from the release calendar of the last month and the latest day of the data",
        f"""
        select own.* from {{batch}} as own
        cross join (select max(last_date) as day from intermediate.int_sales__months) as cutoff
        left join reference.release_calendar as calendar on calendar.month = {last_month}
        where own.stage is distinct from (array['flash', 'formal', 'final'])[
            1 + coalesce((calendar.formal_from <= cutoff.day)::int, 0)
            + coalesce((calendar.final_from <= cutoff.day)::int, 0)
        ]
        """,  # noqa: S608  (our own columns)
    )
