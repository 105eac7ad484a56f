"""Convert dates and times to PostgreSQL's notation; a value without a certain reading becomes missing."""

import datetime as dt
from collections.abc import Iterable

import polars as pl

from include.settings import ZONE
from include.sources.notation import Notation
from include.sources.profile import EXCEL_SERIAL

_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日", "%Y.%m.%d")
_CLOCKS = ("%H:%M:%S", "%H:%M", "%H:%M:%S%.f")
_TIMESTAMPS = (
    *(f"{day}{gap}{clock}" for day in _DATES for gap in (" ", "T") for clock in _CLOCKS),
    *(f"{day}%H%M%S" for day in _DATES),
    *_DATES,
)
_MONTHS = ("%Y%m%d", "%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d", "%Y.%m.%d")
# Begins with a year of four digits: "20-09-01" and "2020115" would be a guess.
_CERTAIN_DATE = r"^(19|20)\d\d(\D|\d{4}$|\d{4}\D|\d{10}$)"
_PLAIN_TIMESTAMP = r"^(19|20)\d\d-\d\d-\d\d ([01]\d|2[0-3]):[0-5]\d:[0-5]\d$"
_WITH_OFFSET = r"^(19|20)\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$"
_SERIAL = r"^[1-9]\d{4}(\.\d+)?$"
_SERIAL_ZERO = pl.datetime(1899, 12, 30)


def date(text: pl.Series, notation: Notation) -> pl.Series:
    """Days as ``2020-09-01``; of a moment its written day."""
    return _parsed(text, (*_DATES, *_TIMESTAMPS), notation.date_formats).dt.strftime("%Y-%m-%d")


def month(text: pl.Series, notation: Notation) -> pl.Series:
    """Months as their first day, ``2020-09-01``."""
    return _parsed(_with_day(text), _MONTHS, notation.date_formats).dt.strftime("%Y-%m-01")


def timestamp(text: pl.Series, notation: Notation) -> pl.Series:
    """Moments as ``2020-09-01 10:30:00`` in the bureau's zone; without an offset they are in the profile's.

    A time that the profile's zone skips or has twice, when clocks change, becomes missing.
    """
    moments = _parsed(text, _TIMESTAMPS, notation.date_formats)
    if notation.time_zone != ZONE:
        local = moments.dt.replace_time_zone(notation.time_zone, ambiguous="null", non_existent="null")
        moments = local.dt.convert_time_zone(ZONE).dt.replace_time_zone(None)
    if (offset := text.str.contains(_WITH_OFFSET).fill_null(value=False)).any():
        moments = moments.zip_with(~offset, _with_offset(text.set(~offset, None)))
    return moments.dt.strftime("%Y-%m-%d %H:%M:%S%.f")


def first_moment(days: pl.Series, notation: Notation, days_before: int) -> pl.Series:
    """The start of the day ``days_before`` earlier in the profile's zone, as the bureau's time."""
    begins = days.str.to_datetime("%Y-%m-%d", strict=False, time_unit="us") - dt.timedelta(days=days_before)
    if notation.time_zone != ZONE:
        local = begins.dt.replace_time_zone(notation.time_zone, ambiguous="earliest", non_existent="null")
        begins = local.dt.convert_time_zone(ZONE).dt.replace_time_zone(None)
    return begins.dt.strftime("%Y-%m-%d %H:%M:%S")


def are_plain_timestamps(text: pl.Series, notation: Notation) -> bool:
    """Whether every value is a timestamp in PostgreSQL's own notation and zone, to the second."""
    if notation.date_formats or notation.time_zone != ZONE or not text.str.contains(_PLAIN_TIMESTAMP).all():
        return False
    return text.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False).null_count() == text.null_count()


def _with_offset(text: pl.Series) -> pl.Series:
    plain = text.str.replace("Z", "+00:00", literal=True).str.replace(" ", "T", literal=True)
    moments = plain.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%z", strict=False, time_unit="us")
    return moments.dt.convert_time_zone(ZONE).dt.replace_time_zone(None)


def _with_day(text: pl.Series) -> pl.Series:
    """``202009``, ``2020-09``, ``2020年9月``: the month's first day in the same notation."""
    bare = text.str.strip_chars_end("月")
    return (
        bare.str.replace(r"^(\d{4})(\d{2})$", "${1}${2}01")
        .str.replace(r"^(\d{4})([-/])(\d{1,2})$", "${1}${2}${3}${2}01")
        # 2020.1 may be a number that was 2020.10.
        .str.replace(r"^(\d{4})\.(\d{2})$", "${1}.${2}.01")
        .str.replace(r"^(\d{4})年(\d{1,2})$", "${1}年${2}月01")
    )


def _parsed(text: pl.Series, formats: Iterable[str], own_formats: tuple[str, ...]) -> pl.Series:
    """Parse each value by the first format that fits.

    A profile's own formats are tried first. The other formats read certain dates only, including date cells
    of a workbook, which are ISO 8601.
    """
    result = pl.Series(text.name, [None], dtype=pl.Datetime("us")).new_from_index(0, len(text))
    result = _by_formats(result, text, own_formats)
    certain = text.set(~text.str.contains(_CERTAIN_DATE).fill_null(value=False), None)
    return _by_formats(result, certain, formats)


def _by_formats(result: pl.Series, text: pl.Series, formats: Iterable[str]) -> pl.Series:
    for form in formats:
        left = text.set(result.is_not_null(), None)
        if left.null_count() == len(left):
            break
        result = result.zip_with(result.is_not_null(), _by_format(left, form))
    return result


def _by_format(text: pl.Series, form: str) -> pl.Series:
    if form == EXCEL_SERIAL:
        days = text.set(~text.str.contains(_SERIAL).fill_null(value=False), None).cast(pl.Float64)
        # To the second: the 15 digits of a serial number are not more precise.
        since = (days * 86_400).round().cast(pl.Int64) * 1_000_000
        return pl.select(_SERIAL_ZERO + since.cast(pl.Duration("us"))).to_series().cast(pl.Datetime("us"))
    if "%H" in form or "%I" in form:
        return text.str.to_datetime(form, strict=False, time_unit="us")
    return text.str.to_date(form, strict=False).cast(pl.Datetime("us"))
