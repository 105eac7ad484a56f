"""Work that goes on beside other work: the next item is made while the present one is used."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def prefetch(items: Iterable[Item]) -> Iterator[Item]:
    """The same items; each is computed in a thread while the one before it is used.

    Pays where both sides leave the interpreter (files, polars, libpq). An exception comes out where its item
    would have.
    """
    source = iter(items)

    def following() -> list[Item]:
        return list(islice(source, 1))

    with ThreadPoolExecutor(max_workers=1) as thread:
        coming = thread.submit(following)
        while found := coming.result():
            coming = thread.submit(following)
            yield found[0]
