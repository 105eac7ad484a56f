"""What reading a file took out or put right, counted; it goes to ``ops.load`` with the verdict."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class ReadCounts:
    """``skipped``: rows by the reason why they are none; ``repairs``: values by the rule that did it."""

    skipped: Counter[str] = field(default_factory=Counter)
    repairs: Counter[str] = field(default_factory=Counter)
