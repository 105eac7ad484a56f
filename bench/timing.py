"""Median of a few runs."""

import statistics
import time
from collections.abc import Callable

ROUNDS = 3


def seconds(action: Callable[[], object]) -> float:
    """How long one call takes."""
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def median(values: list[float]) -> float:
    """The median, to the hundredth of a second."""
    return round(statistics.median(values), 2)
