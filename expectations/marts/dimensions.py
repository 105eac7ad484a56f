"""What the dimensions must satisfy."""

from collections.abc import Callable

import great_expectations as gx

from expectations.release_rules import grain, not_empty
from expectations.rules import suite


def dimension(name: str, key: str) -> Callable[[], gx.ExpectationSuite]:
    """A dimension with one row per key."""
    return lambda: suite(name, [grain(key)])


def code_list(name: str, key: str) -> Callable[[], gx.ExpectationSuite]:
    """A dimension made of seeds: it has rows whatever has been delivered."""
    return lambda: suite(name, [not_empty(), grain(key)])
