"""Text as delivered to text as PostgreSQL reads it. What has no reading becomes missing, and a *finding*.

Values stay text all the way: digits are checked here and become ``numeric`` in the database, so no amount
is ever a float. ``_findings`` is ``|kind:column|kind:column|``, facts that only the original text shows;
whether a finding refuses the row is declared with all other rules in ``expectations/``.
"""

import re
from collections.abc import Callable

import polars as pl
from stdnum.cn import uscc

from include.sources.contract import Column, Contract
from include.sources.lookups import exchange_rate_months, fold, words

# An index entry of PostgreSQL (2,704 bytes) holds five text columns of so many characters of any script.
MAX_KEY_CHARACTERS = 100
_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日", "%Y.%m.%d")
_CLOCKS = ("%H:%M:%S", "%H:%M", "%H:%M:%S%.f")
_TIMESTAMPS = (
    *(f"{day}{gap}{clock}" for day in _DATES for gap in (" ", "T") for clock in _CLOCKS),
    *(f"{day}%H%M%S" for day in _DATES),
    *_DATES,
)
_MONTHS = ("%Y%m%d", "%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d", "%Y.%m.%d")
# Four digits of a year of our time: "20-09-01" and "2020115" are no dates, but a guess.
_CERTAIN_DATE = r"^(19|20)\d\d(\D|\d{4}$|\d{4}\D|\d{10}$)"
_PLAIN_TIMESTAMP = r"^(19|20)\d\d-\d\d-\d\d ([01]\d|2[0-3]):[0-5]\d:[0-5]\d$"
_INTEGER = r"^\d{1,9}(\.0+)?$"


def cast(frame: pl.DataFrame, contract: Contract, extra_words: dict[str, dict[str, str]]) -> pl.DataFrame:
    """Canonical columns as text in PostgreSQL's notation, ``_line_no`` and ``_findings``.

    ``frame`` holds every canonical column as text, ``_line_no`` and ``_ragged``. Rows are neither added
    nor lost nor reordered. A text longer than ``MAX_KEY_CHARACTERS`` cannot be part of a key.
    """
    values: dict[str, pl.Series] = {}
    marks: list[pl.Series] = []
    for column in contract.columns:
        text = frame[column.name]
        if column.type == "text":
            text = _trimmed(text)
            value = text.str.to_uppercase() if column.upper or column.check else text
            value = _half_width(value) if column.check else value
            if column.name in contract.key:
                too_long = value.str.len_chars() > MAX_KEY_CHARACTERS
                _mark(marks, too_long, f"unreadable:{column.name}")
                value = _only_where(~too_long, value) if too_long.any() else value
            values[column.name] = value
        else:
            words_here = extra_words.get(column.name, {})
            reading = _reading(text, column, words_here)
            if (text.is_not_null() & reading.is_null()).any():  # blanks and full width are rare
                text = _half_width(_trimmed(text))
                reading = _reading(text, column, words_here)
                _mark(marks, _unreadable(text, reading, column), f"unreadable:{column.name}")
            values[column.name] = reading
        if column.digits:
            lengths = [f"[0-9]{{{length}}}" for length in column.digits]
            total = [re.escape(column.absent_as)] if column.absent_as else []
            has_form = values[column.name].str.contains(f"^({'|'.join(lengths + total)})$")
            _mark(marks, ~has_form, f"digits:{column.name}")
        if column.check == "uscc":
            _mark(marks, _bad_uscc(values[column.name]), f"check:{column.name}")
    for column in contract.columns:
        if column.empty_with:  # the unit says "none": whatever stands for the quantity is no quantity
            values[column.name] = _only_where(values[column.empty_with].is_not_null(), values[column.name])
    _mark(marks, frame["_ragged"], "fields:row")
    if contract.rates:
        _mark(
            marks,
            _no_rate(values[contract.rates.currency], values[contract.rates.date]),
            f"rate:{contract.rates.currency}",
        )
    return pl.DataFrame(values).with_columns(frame["_line_no"], _findings(marks, frame.height))


def _only_where(keep: pl.Series, values: pl.Series) -> pl.Series:
    return values.set(~keep.fill_null(value=False), None)


def _trimmed(text: pl.Series) -> pl.Series:
    """Without blanks around it; an empty text is missing."""
    trimmed = text.str.strip_chars()
    return _only_where(trimmed != "", trimmed) if (trimmed == "").any() else trimmed


def _half_width(text: pl.Series) -> pl.Series:
    """Full-width digits, letters and punctuation as ASCII, where there are any."""
    if (text.str.len_bytes() == text.str.len_chars()).all():
        return text
    return text.str.normalize("NFKC").str.strip_chars()


def _mark(marks: list[pl.Series], is_so: pl.Series, label: str) -> None:
    """Add a finding for the rows where ``is_so`` holds; usually there is none."""
    if is_so.any():
        marks.append(_only_where(is_so, pl.Series([label]).new_from_index(0, len(is_so))).alias(label))


def _findings(marks: list[pl.Series], height: int) -> pl.Series:
    if not marks:
        return pl.Series("_findings", [None], dtype=pl.String).new_from_index(0, height)
    joined = pl.DataFrame(marks).select(pl.concat_str(pl.all(), separator="|", ignore_nulls=True).alias("m"))
    return joined.select(
        pl.when(pl.col("m") != "").then(pl.format("|{}|", "m")).alias("_findings")
    ).to_series()


def _reading(text: pl.Series, column: Column, extra_words: dict[str, str]) -> pl.Series:
    if column.type == "code":
        known = words(column.codes) if column.codes else {}
        known = known | {fold(k): v for k, v in (column.words | extra_words).items()}
        return _by_distinct_value(
            text, lambda value: pl.Series([known.get(fold(v)) for v in value], dtype=pl.String)
        )
    if column.type == "integer":
        whole = _only_where(text.str.contains(_INTEGER), text)
        return whole.str.replace(r"\.0+$", "") if whole.str.contains(".", literal=True).any() else whole
    if column.decimal:
        return _decimal(text, column)
    if column.type == "date":
        return _by_distinct_value(text, lambda value: _parsed(value, _TIMESTAMPS).dt.strftime("%Y-%m-%d"))
    if column.type == "month":
        return _by_distinct_value(
            text, lambda value: _parsed(_with_day(value), _MONTHS).dt.strftime("%Y-%m-01")
        )
    if _are_plain_timestamps(text):  # nearly every value differs: nothing is gained by distinct ones
        return text
    return _by_distinct_value(
        text, lambda value: _parsed(value, _TIMESTAMPS).dt.strftime("%Y-%m-%d %H:%M:%S%.f")
    )


def _are_plain_timestamps(text: pl.Series) -> bool:
    """Whether every value is a timestamp in PostgreSQL's own notation, to the second."""
    if not text.str.contains(_PLAIN_TIMESTAMP).all():
        return False
    return text.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False).null_count() == text.null_count()


def _by_distinct_value(text: pl.Series, read: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Read every distinct value once: columns of dates and codes repeat a few."""
    distinct = text.drop_nulls().unique()
    if distinct.is_empty():
        return text
    return text.replace_strict(distinct, read(distinct), default=None, return_dtype=pl.String)


def _decimal(text: pl.Series, column: Column) -> pl.Series:
    """Plain decimal notation that fits the column; the database rounds surplus decimals half up."""
    precision, scale = column.decimal or (18, 2)
    if column.thousands:
        grouped = rf"^[+-]?\d{{1,3}}({re.escape(column.thousands)}\d{{3}})+(\.\d+)?$"
        plain = text.str.replace_all(column.thousands, "", literal=True)
        text = text.zip_with(~text.str.contains(grouped).fill_null(value=False), plain)
    digits = precision - scale
    # The longest whole part leaves no room for decimals that would round it up.
    fits = rf"^[+-]?(\d{{1,{digits}}}(\.\d{{0,{scale}}})?|\d{{0,{digits - 1}}}\.\d+)$"
    return _only_where(text.str.contains(fits), text)


def _with_day(text: pl.Series) -> pl.Series:
    """``202009``, ``2020-09``, ``2020年9月``: the month's first day in the same notation."""
    bare = text.str.strip_chars_end("月")
    return (
        bare.str.replace(r"^(\d{4})(\d{2})$", "${1}${2}01")
        .str.replace(r"^(\d{4})([-/.])(\d{1,2})$", "${1}${2}${3}${2}01")
        .str.replace(r"^(\d{4})年(\d{1,2})$", "${1}年${2}月01")
    )


def _parsed(text: pl.Series, formats: tuple[str, ...]) -> pl.Series:
    """The first format that fits each value, as date and time; later formats see what is left."""
    text = _only_where(text.str.contains(_CERTAIN_DATE), text)
    result = pl.Series(text.name, [None], dtype=pl.Datetime("us")).new_from_index(0, len(text))
    for form in formats:
        left = text.set(result.is_not_null(), None)
        if left.null_count() == len(left):
            break
        if "%H" in form:
            parsed = left.str.to_datetime(form, strict=False, time_unit="us")
        else:
            parsed = left.str.to_date(form, strict=False).cast(pl.Datetime("us"))
        result = result.zip_with(result.is_not_null(), parsed)
    return result


def _unreadable(text: pl.Series, reading: pl.Series, column: Column) -> pl.Series:
    without = text.is_not_null() & reading.is_null()
    return without & ~text.is_in(list(column.missing_words)) if column.missing_words else without


def _bad_uscc(value: pl.Series) -> pl.Series:
    """GB 32100-2015 check character, by python-stdnum, over the distinct values."""
    # The library ignores hyphens and blanks inside; for a key they make another enterprise.
    return value.is_in([v for v in value.drop_nulls().unique() if len(v) != 18 or not uscc.is_valid(v)])


def _no_rate(currency: pl.Series, date: pl.Series) -> pl.Series:
    """Rows whose currency has no customs exchange rate in the month of their date; yuan need none."""
    pair = currency + date.str.slice(0, 7)
    return pair.is_not_null() & (currency != "CNY") & ~pair.is_in(exchange_rate_months())
