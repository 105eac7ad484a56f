"""Convert text to PostgreSQL's notation. A value that cannot be read becomes missing and a *finding*.

Values remain text: digits are checked here and become ``numeric`` in the database, so no amount is ever a
float. ``_findings`` is ``|kind:column|kind:column|``, facts that only the original text has; the rules in
``expectations/`` decide whether a finding rejects the row. A value in an unusual notation with only one
possible reading is repaired and counted by its repair rule; docs/dirt.md lists them.
"""

import datetime as dt
import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

import polars as pl
from stdnum.cn import uscc

from include.settings import ZONE
from include.sources import dates
from include.sources.contract import Column, Contract
from include.sources.counts import ReadCounts
from include.sources.lookups import codes, fold, known_words
from include.sources.notation import Notation
from include.sources.rounding import may_be_rounded, rounded

# An index entry of PostgreSQL (2,704 bytes) holds five text columns of so many characters of any script.
MAX_KEY_CHARACTERS = 100
_INTEGER = r"^[0-9]{1,18}(\.0+)?$"
# A spreadsheet's notation of a long number: the last digits are lost.
_SCIENTIFIC = r"(?i)^[0-9]+(\.[0-9]+e\+?|e\+)[0-9]+$"
# Flags that the mapping sets on a row, and the mark of each.
_FLAGS = {"_ragged": "fields", "_is_total": "total", "_is_header": "header", "_meets": "meets"}
_ERROR_VALUES = ("#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!")
# Removed at the ends of a value: blanks of every width, and invisible marks.
_INVISIBLE = "\ufeff\u200b\u200e\u200f"
_WIDE = "".join(map(chr, range(0x2000, 0x200B)))
_BLANKS = f" \t\n\r\x0b\x0c\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000{_WIDE}{_INVISIBLE}"


def cast(frame: pl.DataFrame, contract: Contract, notation: Notation, counts: ReadCounts) -> pl.DataFrame:
    """Canonical columns as text in PostgreSQL's notation, ``_line_no`` and ``_findings``.

    ``frame`` has every canonical column as text, ``_line_no``, and the flags of ``_FLAGS``. The rows and
    their order do not change. A text longer than ``MAX_KEY_CHARACTERS`` cannot be part of a key.
    """
    now = dt.datetime.now(ZoneInfo(ZONE))
    values: dict[str, pl.Series] = {}
    marks: list[pl.Series] = []
    if (no_line := frame["_is_total"] | frame["_is_header"]).any():  # their cells are not values
        frame = frame.with_columns(_only_where(~no_line, frame[name]) for name in contract.names)
    for column in contract.columns:
        text = _without_error_values(frame[column.name], counts)
        if column.type == "text":
            value = _text(text, column, notation, counts)
            if column.name in contract.key:
                too_long = value.str.len_chars() > MAX_KEY_CHARACTERS
                _mark(marks, too_long, f"unreadable:{column.name}")
                value = _only_where(~too_long, value) if too_long.any() else value
            values[column.name] = _identifier(value, column, marks, counts)
        else:
            values[column.name] = _typed(text, column, notation, marks, counts)
        if column.earliest or column.not_before:
            _bounds(column, values, notation, now, marks)
        if column.check == "uscc":
            whole = ~values[column.name].str.contains(_SCIENTIFIC)
            _mark(marks, _bad_uscc(values[column.name]) & whole, f"check:{column.name}")
    for column in contract.columns:
        if column.empty_with:  # without a unit there is no quantity
            values[column.name] = _only_where(values[column.empty_with].is_not_null(), values[column.name])
        is_computed = column.name == contract.line_column and notation.numbers_lines
        if may_be_rounded(column, contract) and not is_computed:
            lost = rounded(column.name, values, contract, frame["_meets"], counts)
            if column.check:  # a valid check character proves that nothing is lost
                lost &= _bad_uscc(values[column.name])
            _mark(marks, lost, f"damaged:{column.name}")
    for flag, mark in _FLAGS.items():
        _mark(marks, frame[flag], f"{mark}:row")
    return pl.DataFrame(values).with_columns(frame["_line_no"], _findings(marks, frame.height))


def _bounds(
    column: Column,
    values: dict[str, pl.Series],
    notation: Notation,
    now: dt.datetime,
    marks: list[pl.Series],
) -> None:
    """Mark days and moments that are too early or after the delivery, by comparing ISO texts."""
    value, today = values[column.name], str(now.date())
    if column.earliest:
        _mark(marks, value < str(column.earliest), f"early:{column.name}")
    # The clocks of two systems differ, but not by more than a day.
    tomorrow = (now + dt.timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S")
    _mark(marks, value > (tomorrow if column.type == "timestamp" else today), f"future:{column.name}")
    if column.not_before:
        day = values[column.not_before]
        begins = _by_distinct_value(day, lambda days: dates.first_moment(days, notation, column.days_before))
        _mark(marks, (value < begins) & (day <= today), f"before:{column.name}")


def _only_where(keep: pl.Series, values: pl.Series) -> pl.Series:
    return values.set(~keep.fill_null(value=False), None)


def _counted(before: pl.Series, after: pl.Series, rule: str, counts: ReadCounts) -> pl.Series:
    """``after``, with the values that differ from ``before`` counted as repaired by ``rule``."""
    if changed := int((before != after).sum()):
        counts.repairs[rule] += changed
    return after


def _without_error_values(text: pl.Series, counts: ReadCounts) -> pl.Series:
    """A spreadsheet's error value becomes missing."""
    if not text.str.starts_with("#").any():
        return text
    is_error = text.str.strip_chars().is_in(_ERROR_VALUES).fill_null(value=False)
    if is_error.any():
        counts.repairs["error_value_is_missing"] += int(is_error.sum())
    return text.set(is_error, None)


def _text(text: pl.Series, column: Column, notation: Notation, counts: ReadCounts) -> pl.Series:
    """Text without blanks around it, known words as their code; empty text is missing."""
    value = _trimmed(text, counts)
    if known := _words(column, notation):
        value = _by_distinct_value(
            value, lambda v: pl.Series([known.get(fold(word), word) for word in v], dtype=pl.String)
        )
    if column.upper or column.check:
        value = value.str.to_uppercase()
    if column.identifier or column.digits or column.upper:
        value = _counted(value, _half_width(value), "full_width_as_half_width", counts)
    return value


def _trimmed(text: pl.Series, counts: ReadCounts) -> pl.Series:
    value = text.str.strip_chars()
    if not _is_ascii(value):
        value = value.str.strip_chars(_BLANKS)
    # Trimming only shortens: with equal total length nothing was trimmed.
    if text.str.len_bytes().sum() != value.str.len_bytes().sum():
        value = _counted(text, value, "blanks_trimmed", counts)
    empty = value == ""
    return value.set(empty, None) if empty.any() else value


def _is_ascii(text: pl.Series) -> bool:
    return bool(text.str.len_bytes().sum() == text.str.len_chars().sum())


def _identifier(value: pl.Series, column: Column, marks: list[pl.Series], counts: ReadCounts) -> pl.Series:
    """Mark codes that a spreadsheet has damaged, or that have a wrong length."""
    if column.digits:
        return _digits(value, column, marks, counts)
    if column.identifier:
        _mark(marks, value.str.contains(_SCIENTIFIC), f"damaged:{column.name}")
    return value


def _digits(value: pl.Series, column: Column, marks: list[pl.Series], counts: ReadCounts) -> pl.Series:
    if column.leading_zeros:
        value = _with_leading_zeros(value, column, counts)
    lengths = "|".join(f"[0-9]{{{length}}}" for length in column.digits)
    wrong = ~value.str.contains(f"^({lengths})$")
    if wrong.any():
        damaged = value.str.contains(_SCIENTIFIC)
        _mark(marks, damaged, f"damaged:{column.name}")
        _mark(marks, wrong & ~damaged & (value != (column.absent_as or "")), f"digits:{column.name}")
    return value


def _with_leading_zeros(value: pl.Series, column: Column, counts: ReadCounts) -> pl.Series:
    """Restore a leading zero that a spreadsheet removed, if the result is a known code."""
    short = value.str.len_bytes() < max(column.digits)
    if not short.any():
        return value
    padded = value.str.zfill(max(column.digits))
    known = padded.is_in(list(codes(str(column.leading_zeros))))
    is_known = (short & value.str.contains(r"^[1-9][0-9]*$") & known).fill_null(value=False)
    return _counted(value, padded.zip_with(is_known, value), "leading_zero_restored", counts)


def _typed(
    text: pl.Series, column: Column, notation: Notation, marks: list[pl.Series], counts: ReadCounts
) -> pl.Series:
    """A column of numbers, dates or code words; values are cleaned only if one cannot be read."""
    reading = _reading(text, column, notation)
    if not (text.is_not_null() & reading.is_null()).any():
        return reading
    trimmed = _trimmed(text, counts)
    clean = _counted(trimmed, _half_width(trimmed), "full_width_as_half_width", counts)
    if column.decimal:
        clean = _counted(clean, clean.str.replace(r"^([0-9][^-]*)-$", "-${1}"), "trailing_minus", counts)
    reading = _reading(clean, column, notation)
    if column.codes and (left := clean.is_not_null() & reading.is_null()).any():
        padded = _by_distinct_value(_only_where(left, clean), lambda v: _padded_codes(v, column, notation))
        if restored := padded.len() - padded.null_count():
            counts.repairs["leading_zero_restored"] += restored
            reading = reading.zip_with(padded.is_null(), padded)
    _mark(marks, _unreadable(clean, reading, column), f"unreadable:{column.name}")
    return reading


def _padded_codes(text: pl.Series, column: Column, notation: Notation) -> pl.Series:
    """The known code that a number is with leading zeros; missing if there are two such codes or none."""

    def restored(value: str) -> str | None:
        if not re.fullmatch(r"[0-9]{1,2}", value):
            return None
        padded = [
            known
            for n in (2, 3)
            if n > len(value) and (known := _words(column, notation).get(value.zfill(n)))
        ]
        return padded[0] if len(padded) == 1 else None

    return pl.Series([restored(value) for value in text], dtype=pl.String)


def _half_width(text: pl.Series) -> pl.Series:
    """Full-width digits, letters and punctuation as ASCII, where there are any."""
    if _is_ascii(text):
        return text
    return text.str.normalize("NFKC").str.strip_chars(_BLANKS)


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


def _words(column: Column, notation: Notation) -> dict[str, str]:
    """Folded word -> code: the list's, then the profile's, which may refer to words of the list."""
    known = known_words(column)
    own = notation.words.get(column.name, {})
    return known | {fold(word): known.get(fold(target), target) for word, target in own.items()}


def _reading(text: pl.Series, column: Column, notation: Notation) -> pl.Series:
    if column.type == "code":
        known = _words(column, notation)
        return _by_distinct_value(
            text, lambda value: pl.Series([known.get(fold(v)) for v in value], dtype=pl.String)
        )
    if column.type == "integer":
        text = _plain_number(text, notation.thousands, notation.decimal)
        whole = _only_where(text.str.contains(_INTEGER), text)
        return whole.str.replace(r"\.0+$", "") if whole.str.contains(".", literal=True).any() else whole
    if column.decimal:
        plain = _plain_number(text, notation.thousands or column.thousands, notation.decimal)
        return _decimal(plain, column.decimal)
    if column.type == "date":
        return _by_distinct_value(text, lambda value: dates.date(value, notation))
    if column.type == "month":
        return _by_distinct_value(text, lambda value: dates.month(value, notation))
    if dates.are_plain_timestamps(text, notation):  # nearly every value is distinct
        return text
    return _by_distinct_value(text, lambda value: dates.timestamp(value, notation))


def _by_distinct_value(text: pl.Series, read: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Read every distinct value once, because columns of dates and codes have few."""
    distinct = text.drop_nulls().unique()
    if distinct.is_empty():
        return text
    return text.replace_strict(distinct, read(distinct), default=None, return_dtype=pl.String)


def _plain_number(text: pl.Series, thousands: str | None, decimal: str) -> pl.Series:
    """Remove the marks between groups of three digits, and write a point before the decimals."""
    mark = re.escape(decimal)
    if thousands:
        grouped = rf"^[+-]?[0-9]{{1,3}}({re.escape(thousands)}[0-9]{{3}})+({mark}[0-9]+)?$"
        plain = text.str.replace_all(thousands, "", literal=True)
        text = text.zip_with(~text.str.contains(grouped).fill_null(value=False), plain)
    if decimal != ".":
        # A point is not a decimal mark in this notation: the value is unreadable.
        text = text.set(text.str.contains(".", literal=True).fill_null(value=False), "?")
        text = text.str.replace(mark, ".")
    return text


def _decimal(text: pl.Series, size: tuple[int, int]) -> pl.Series:
    """Plain decimal notation that fits the column; the database rounds surplus decimals half up."""
    precision, scale = size
    digits = precision - scale
    # The longest whole part leaves no room for decimals that would round it up.
    fits = rf"^[+-]?([0-9]{{1,{digits}}}(\.[0-9]{{0,{scale}}})?|[0-9]{{0,{digits - 1}}}\.[0-9]+)$"
    return _only_where(text.str.contains(fits), text)


def _unreadable(text: pl.Series, reading: pl.Series, column: Column) -> pl.Series:
    without = text.is_not_null() & reading.is_null()
    return without & ~text.is_in(list(column.missing_words)) if column.missing_words else without


def _bad_uscc(value: pl.Series) -> pl.Series:
    """GB 32100-2015 check character, by python-stdnum, over the distinct values."""
    # The library ignores hyphens and blanks inside a code, but with them the key would differ.
    return value.is_in([v for v in value.drop_nulls().unique() if len(v) != 18 or not uscc.is_valid(v)])
