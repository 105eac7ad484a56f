"""Find identifiers that a spreadsheet rounded as numbers: it stores 15 digits, and zeros for the others.

A correct number may end in zeros. A column was rounded if most of its different long numbers end so, and they
have three or more of these zeros in total, or lines with the same key differ in content. A block of a long
file is checked by its own numbers and those of the blocks before it.
"""

import polars as pl

from include.sources.contract import Column, Contract
from include.sources.counts import LongNumbers, ReadCounts

_EXACT_DIGITS = 15
_TAIL = r"\.0+$"  # of a number that a program wrote with decimals
_LONG = rf"^[0-9]{{{_EXACT_DIGITS + 1},}}(\.0+)?$"
_ROUNDED = rf"^[0-9]{{{_EXACT_DIGITS}}}0+(\.0+)?$"
_CERTAIN_ZEROS = 3  # so ends one of a thousand correct numbers


def may_be_rounded(column: Column, contract: Contract) -> bool:
    """Whether the column has identifiers that can be longer than the digits a spreadsheet stores."""
    if column.digits:
        return max(column.digits) > _EXACT_DIGITS
    return column.identifier or (column.type == "integer" and column.name in contract.key)


def rounded(
    name: str, values: dict[str, pl.Series], contract: Contract, meets: pl.Series, counts: ReadCounts
) -> pl.Series:
    """Whether the identifier of a row has lost digits; ``meets`` are rows that cancel another by its key."""
    numbers = values[name]
    is_long = numbers.str.contains(_LONG).fill_null(value=False)
    if not is_long.any():
        return is_long
    seen = _add_block(numbers.filter(is_long), counts.long_numbers.get(name, LongNumbers()))
    counts.long_numbers[name] = seen
    looks = numbers.str.contains(_ROUNDED).fill_null(value=False)
    is_most = 2 * seen.ending_in_zeros > seen.different
    certain = is_most and (seen.zeros >= _CERTAIN_ZEROS or _lines_collapsed(looks & ~meets, values, contract))
    return looks & certain


def _add_block(block: pl.Series, seen: LongNumbers) -> LongNumbers:
    different = block.str.replace(_TAIL, "").unique()
    ends = different.filter(different.str.contains(_ROUNDED))
    zeros = int((ends.str.len_bytes() - _EXACT_DIGITS).sum())
    return LongNumbers(seen.different + len(different), seen.ending_in_zeros + len(ends), seen.zeros + zeros)


def _lines_collapsed(of: pl.Series, values: dict[str, pl.Series], contract: Contract) -> bool:
    """Whether two lines with one key differ, other than by an amendment or cancellation."""
    status = ["status"] if contract.cancelled else []
    lines = pl.DataFrame(values).filter(of).drop_nulls(contract.key)
    if status:
        lines = lines.filter(pl.col("status").ne_missing(contract.cancelled))
    different = lines.unique([name for name in contract.names if name != contract.version_column])
    return bool(different.select(*contract.key, *status).is_duplicated().any())
