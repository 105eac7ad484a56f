"""Text columns to typed columns. What cannot be cast becomes missing and a *finding* on its row.

``_findings`` is ``|kind:column|kind:column|``: facts that only the original text shows. Whether a finding
refuses the row is declared with all other rules in ``expectations/``.
"""

import re

import polars as pl
from stdnum.cn import uscc

from include.sources.contract import Column, Contract
from include.sources.lookups import exchange_rate_months, fold, words

ZONE = "Asia/Shanghai"
_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日", "%Y.%m.%d")
_CLOCKS = ("%H:%M:%S", "%H:%M", "%H:%M:%S%.f")
_TIMESTAMPS = (
    tuple(f"{day}{gap}{clock}" for day in _DATES for gap in (" ", "T") for clock in _CLOCKS)
    + tuple(f"{day}%H%M%S" for day in _DATES)
    + _DATES
)
_MONTHS = ("%Y%m%d", "%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d", "%Y.%m.%d")
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)$"
_INTEGER = r"^\d{1,9}(\.0+)?$"


def clean(text: pl.Expr) -> pl.Expr:
    """Trim, and make an empty text missing."""
    trimmed = text.str.strip_chars()
    return pl.when(trimmed != "").then(trimmed)


def cast(frame: pl.DataFrame, contract: Contract, extra_words: dict[str, dict[str, str]]) -> pl.DataFrame:
    """Typed canonical columns, ``_line_no`` and ``_findings``.

    ``frame`` holds every canonical column as text, ``_line_no`` and ``_ragged``. Rows are neither added
    nor lost nor reordered.
    """
    text = frame.with_columns(clean(pl.col(c)) for c in contract.names)
    text = text.with_columns(_half_width(text, c) for c in contract.columns if c.type != "text" or c.check)
    typed = text.select(
        *(_typed(text[c.name], c, extra_words.get(c.name, {})) for c in contract.columns),
        "_line_no",
        "_ragged",
    )
    typed = typed.with_columns(
        pl.when(pl.col(c.empty_with).is_not_null()).then(pl.col(c.name)).alias(c.name)
        for c in contract.columns
        if c.empty_with
    )
    found = [_unreadable(text[c.name], typed[c.name], c) for c in contract.columns if c.type != "text"]
    found += [_bad_uscc(typed[c.name]) for c in contract.columns if c.check == "uscc"]
    found.append(_label(typed["_ragged"], "fields:row"))
    if contract.rates:
        found.append(_no_rate(typed, contract.rates.currency, contract.rates.date))
    marks = [s for s in found if s.null_count() < len(s)]
    findings = pl.concat_str(marks, separator="|", ignore_nulls=True) if marks else pl.lit("")
    return typed.with_columns(
        pl.when(findings != "").then(pl.format("|{}|", findings)).alias("_findings")
    ).drop("_ragged")


def _half_width(text: pl.DataFrame, column: Column) -> pl.Expr:
    """Full-width digits and punctuation of a typed column to ASCII, only where there are any."""
    value = pl.col(column.name)
    if text[column.name].str.contains(r"[^\x00-\x7F]").any():
        return value.str.normalize("NFKC").str.strip_chars()
    return value


def _typed(text: pl.Series, column: Column, extra_words: dict[str, str]) -> pl.Series:
    if column.type == "text":
        return text.str.to_uppercase() if column.upper or column.check else text
    if column.type == "code":
        return _code(text, column, extra_words)
    if column.type == "integer":
        return _where(text, _INTEGER).str.replace(r"\.0+$", "").cast(pl.Int32, strict=False)
    if column.decimal:
        return _decimal(text, column)
    if column.type == "date":
        return _parsed(text, _TIMESTAMPS, pl.Datetime("us")).dt.date()
    if column.type == "month":
        return _parsed(_with_day(text), _MONTHS, pl.Date).dt.truncate("1mo")
    return _parsed(text, _TIMESTAMPS, pl.Datetime("us")).dt.replace_time_zone(
        ZONE, ambiguous="earliest", non_existent="null"
    )


def _where(text: pl.Series, pattern: str) -> pl.Series:
    return text.set(~text.str.contains(pattern).fill_null(value=True), None)


def _decimal(text: pl.Series, column: Column) -> pl.Series:
    """Plain decimal notation only; surplus decimals are rounded half away from zero."""
    precision, scale = column.decimal or (18, 2)
    if column.thousands:
        grouped = rf"^[+-]?\d{{1,3}}({re.escape(column.thousands)}\d{{3}})+(\.\d+)?$"
        plain = text.str.replace_all(column.thousands, "", literal=True)
        text = text.zip_with(~text.str.contains(grouped).fill_null(value=False), plain)
    return _where(text, _NUMBER).cast(pl.Decimal(precision, scale), strict=False)


def _with_day(text: pl.Series) -> pl.Series:
    """``202009``, ``2020-09``, ``2020年9月``: the month's first day in the same notation."""
    bare = text.str.strip_chars_end("月")
    return (
        bare.str.replace(r"^(\d{4})(\d{2})$", "${1}${2}01")
        .str.replace(r"^(\d{4})([-/.])(\d{1,2})$", "${1}${2}${3}${2}01")
        .str.replace(r"^(\d{4})年(\d{1,2})$", "${1}年${2}月01")
    )


def _parsed(text: pl.Series, formats: tuple[str, ...], dtype: pl.DataType | type[pl.DataType]) -> pl.Series:
    """The first format that fits each value; formats are tried only while values are left."""
    result = pl.Series(text.name, [None], dtype=dtype).new_from_index(0, len(text))
    for form in formats:
        left = text.set(result.is_not_null(), None)
        if left.null_count() == len(left):
            break
        if dtype == pl.Date:
            parsed = left.str.to_date(form, strict=False)
        elif "%H" in form:
            parsed = left.str.to_datetime(form, strict=False, time_unit="us")
        else:
            parsed = left.str.to_date(form, strict=False).cast(pl.Datetime("us"))
        result = result.zip_with(result.is_not_null(), parsed)
    return result


def _code(text: pl.Series, column: Column, extra_words: dict[str, str]) -> pl.Series:
    """Words to codes over the distinct values, of which there are few."""
    known = words(column.codes) if column.codes else {}
    known = known | {fold(k): v for k, v in (column.words | extra_words).items()}
    codes = {value: known.get(fold(value)) for value in text.unique().drop_nulls()}
    return text.replace_strict(codes, default=None, return_dtype=pl.String)


def _label(is_so: pl.Series, label: str) -> pl.Series:
    return pl.Series(label, [label]).new_from_index(0, len(is_so)).set(~is_so.fill_null(value=False), None)


def _unreadable(text: pl.Series, typed: pl.Series, column: Column) -> pl.Series:
    missing = text.is_in(list(column.missing_words)) if column.missing_words else text.is_null()
    if column.empty_with:  # a quantity whose unit says "none" may be anything
        return _label(
            text.is_not_null() & typed.is_null() & ~text.str.contains(_NUMBER), f"unreadable:{column.name}"
        )
    return _label(text.is_not_null() & ~missing & typed.is_null(), f"unreadable:{column.name}")


def _bad_uscc(value: pl.Series) -> pl.Series:
    """GB 32100-2015 check character, by python-stdnum, over the distinct values."""
    bad = [v for v in value.unique().drop_nulls() if not uscc.is_valid(v)]
    return _label(value.is_in(bad), f"check:{value.name}")


def _no_rate(typed: pl.DataFrame, currency: str, date: str) -> pl.Series:
    known = exchange_rate_months().with_columns(_known=pl.lit(value=True))
    months = typed.select(pl.col(currency).alias("currency"), pl.col(date).dt.truncate("1mo").alias("month"))
    joined = months.join(known, on=["currency", "month"], how="left", maintain_order="left")
    complete = joined["currency"].is_not_null() & joined["month"].is_not_null()
    return _label(complete & joined["_known"].is_null(), f"rate:{currency}")
