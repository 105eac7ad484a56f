"""What a section of the bench is given, and the median of a few rounds."""

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from include.settings import Settings

Results = dict[str, Any]


class Run(NamedTuple):
    """One run of the bench; ``results`` holds the sections that were measured before."""

    settings: Settings
    lines: int
    rounds: int
    results: dict[str, Results]


def seconds(action: Callable[[], int], rows: int) -> float:
    """How long one call takes, which must answer that it dealt with ``rows`` rows."""
    begin = time.perf_counter()
    done = action()
    took = time.perf_counter() - begin
    assert done == rows, f"{done:,} rows instead of {rows:,}"
    return took


def median(values: list[float]) -> float:
    """The median, to the thousandth."""
    return round(statistics.median(values), 3)


def ratio(value: float, base: float) -> float:
    """``value / base``, to the hundredth."""
    return round(value / base, 2)


def say(text: str) -> None:
    """A line of progress, at once also where the output goes to a file."""
    print(text, flush=True)
