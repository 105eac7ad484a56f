"""What reading a file took out or put right, counted; it goes to ``ops.load`` with the verdict."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple


class LongNumbers(NamedTuple):
    """Numbers of a column with more digits than a spreadsheet keeps.

    How many there are, how many of them have only zeros behind the digits it keeps, and how many such zeros.
    """

    different: int = 0
    ending_in_zeros: int = 0
    zeros: int = 0


@dataclass
class ReadCounts:
    """``skipped``: rows by the reason why they are none; ``repairs``: values by the rule that did it.

    ``long_numbers``: by column, those of the blocks that were read so far.
    """

    skipped: Counter[str] = field(default_factory=Counter)
    repairs: Counter[str] = field(default_factory=Counter)
    long_numbers: dict[str, LongNumbers] = field(default_factory=dict)
