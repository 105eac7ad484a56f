"""Functions for the rules of the suites.

Every rule has a code, a reason in Chinese and English, and a level: a ``row`` rule rejects exactly the rows
that break it, a ``file`` rule refuses the load, a ``warning`` is recorded and rejects no row.
"""

from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe

from expectations.levels import Level

ROW_INDEX = ["_load_id", "_line_no"]
# The table of a rule that does not read the rows themselves.
FINDINGS = "findings"


def rule(
    kind: type[gxe.Expectation], code: str, zh: str, en: str, *, level: Level = "row", **arguments: Any
) -> gxe.Expectation:
    """An expectation with its rule code and reasons."""
    return kind(
        severity="warning" if level == "warning" else "critical",
        meta={"rule": code, "level": level, "zh": zh, "en": en},
        **arguments,
    )


def no_row_where(predicate: str, code: str, zh: str, en: str) -> gxe.Expectation:
    """No row satisfies the SQL predicate.

    For rules with a condition: Great Expectations omits its ``row_condition`` from the query for the failing
    rows, which would reject rows that break no rule.
    """
    return rule(
        gxe.UnexpectedRowsExpectation,
        code,
        zh,
        en,
        unexpected_rows_query=f"select _load_id, _line_no from {{batch}} where {predicate}",  # noqa: S608
    )


def required(column: str, zh: str) -> gxe.Expectation:
    """The column has a value in every row."""
    return rule(
        gxe.ExpectColumnValuesToNotBeNull,
        f"{column}_required",
        f"{zh}不能为空",
        f"{column} is missing",
        column=column,
    )


def not_in_future(column: str, zh: str) -> gxe.Expectation:
    """The date is not after the day on which the file was delivered."""
    return finding(
        f"{column}_not_in_future",
        f"future:{column}",
        f"{zh}晚于报送日",
        f"{column} is after the day of delivery",
    )


def version_not_in_future(column: str, zh: str) -> gxe.Expectation:
    """A version in the future would supersede every correction; clocks may differ by a day."""
    return finding(
        f"{column}_not_in_future",
        f"future:{column}",
        f"{zh}晚于报送时间一天以上，此后的更正将无法生效",
        f"{column} is more than a day after the delivery: no later correction would be newer",
    )


def at_least_one(column: str, zh: str) -> gxe.Expectation:
    """A number is 1 or more."""
    return rule(
        gxe.ExpectColumnValuesToBeBetween,
        f"{column}_positive",
        f"{zh}必须大于等于 1",
        f"{column} must be at least 1",
        column=column,
        min_value=1,
    )


def not_negative(column: str, zh: str) -> gxe.Expectation:
    """An amount is 0 or more."""
    return rule(
        gxe.ExpectColumnValuesToBeBetween,
        f"{column}_not_negative",
        f"{zh}不能为负",
        f"{column} must not be negative",
        column=column,
        min_value=0,
    )


def uscc(column: str, zh: str) -> gxe.Expectation:
    """The check character of a unified social credit code is correct."""
    return finding(
        f"{column}_check",
        f"check:{column}",
        f"{zh}校验码错误（GB 32100-2015）",
        f"{column} fails the GB 32100-2015 check character",
    )


def finding(code: str, mark: str, zh: str, en: str) -> gxe.Expectation:
    """No row has this mark of the reader (sources/cast.py) or the comparison (load/compare_with_raw.py).

    Reads the batch's findings, which are few, and not its rows.
    """
    marked = rule(gxe.ExpectColumnValuesToNotBeInSet, code, zh, en, column="mark", value_set=[mark])
    marked.meta["on"] = FINDINGS
    return marked


def digits(column: str, zh: str, *lengths: int) -> gxe.Expectation:
    """A code has only digits, in a number that its contract allows (``digits``)."""
    return finding(
        f"{column}_digits",
        f"digits:{column}",
        f"{zh}必须为 {_in_words(lengths, '、', ' 或 ')} 位数字",
        f"{column} must be {_in_words(lengths, ', ', ' or ')} digits",
    )


def _in_words(numbers: tuple[int, ...], comma: str, last: str) -> str:
    *first, end = map(str, numbers)
    return f"{comma.join(first)}{last}{end}" if first else end


def readable(column: str, zh: str) -> gxe.Expectation:
    """The text in the file could be read as the column's type or is a known word of its code list."""
    return finding(
        f"{column}_readable",
        f"unreadable:{column}",
        f"{zh}无法识别",
        f"{column} cannot be read, or is not in its code list",
    )


def readable_key(column: str, zh: str) -> gxe.Expectation:
    """The text of a key column is short enough for an index (see include/sources/cast.py)."""
    return finding(
        f"{column}_readable", f"unreadable:{column}", f"{zh}过长", f"{column} is too long to be part of a key"
    )


def plausible(column: str, zh: str) -> gxe.Expectation:
    """The date is not before the contract's ``earliest``."""
    return finding(
        f"{column}_plausible",
        f"early:{column}",
        f"{zh}早得不合理（早于约定的最早日期）",
        f"{column} is implausibly early: before the earliest date of the contract",
    )


def lines() -> list[gxe.Expectation]:
    """Every row is a whole line: as many fields as the header, no total and no repeated header."""
    return [
        finding(
            "row_is_whole",
            "fields:row",
            "字段数与表头不符，或多余的引号把几行并成了一行",
            "the row has more or fewer fields than the header, or stray quotes made one row of several",
        ),
        finding("row_is_no_total", "total:row", "这是合计行，不是明细", "the row is a total and not a line"),
        finding(
            "row_is_no_header",
            "header:row",
            "这一行重复了表头，不是明细",
            "the row repeats the header and is not a line",
        ),
    ]


def intact(column: str, zh: str) -> gxe.Expectation:
    """No spreadsheet saved the code as a number: ``3.1012E+17`` has lost digits."""
    return finding(
        f"{column}_intact",
        f"damaged:{column}",
        f"{zh}被电子表格当成数字，位数已丢失，无法恢复；请按文本格式导出",
        f"{column} was saved as a number by a spreadsheet and has lost digits; export it as text",
    )


def one_version() -> gxe.Expectation:
    """A file does not have two different contents for one key and version."""
    return finding(
        "row_is_unambiguous",
        "ambiguous:row",
        "同一文件中同一行出现两种内容",
        "the same line is in this file with two different contents",
    )


def suite(name: str, expectations: list[gxe.Expectation]) -> gx.ExpectationSuite:
    """A named suite."""
    return gx.ExpectationSuite(name=name, expectations=expectations)
