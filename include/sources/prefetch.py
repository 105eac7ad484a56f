"""Compute the next item in a thread while the present one is used."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def prefetch(items: Iterable[Item]) -> Iterator[Item]:
    """The same items; each is computed in a thread while the one before it is used.

    Useful where both sides release the interpreter lock (files, polars, libpq). An exception is raised in
    place of its item.
    """
    source = iter(items)

    def following() -> list[Item]:
        return list(islice(source, 1))

    with ThreadPoolExecutor(max_workers=1) as thread:
        pending = thread.submit(following)
        while found := pending.result():
            pending = thread.submit(following)
            yield found[0]
