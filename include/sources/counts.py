"""Counts of skipped rows and repaired values of a file, stored in ``ops.load`` with the verdict."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple


class LongNumbers(NamedTuple):
    """Numbers of a column with more digits than a spreadsheet stores.

    How many there are, how many of them have only zeros after the stored digits, and how many such zeros.
    """

    different: int = 0
    ending_in_zeros: int = 0
    zeros: int = 0


@dataclass
class ReadCounts:
    """``skipped``: skipped rows by reason; ``repairs``: repaired values by rule.

    ``long_numbers``: by column, of the blocks that were read so far.
    """

    skipped: Counter[str] = field(default_factory=Counter)
    repairs: Counter[str] = field(default_factory=Counter)
    long_numbers: dict[str, LongNumbers] = field(default_factory=dict)
