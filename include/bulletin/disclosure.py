"""Which cells would tell a single mill, and so are not shown (Statistics Law, article 25).

A cell is all sales of one product group to one market group in a month, or to several: ``all``, ``export``.
It is hidden when one or two mills are behind it. A hidden cell that is alone on a line whose total is shown
could be worked out: another of the line is hidden with it, one of three mills or more, so that what is hidden
together is of three mills at least.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby

FEWEST_MILLS = 3
ALL = "ALL"  # all product groups
DOMESTIC = "DOMESTIC"
SCOPES = ("all", "export")  # parts that are sums of market groups

Cell = tuple[str, str]  # product group, part


def hidden(mills: Mapping[Cell, int], legs: Iterable[frozenset[str]]) -> set[Cell]:
    """Cells of one month and basis that must not be shown; ``mills``: how many are behind each.

    ``legs``: sets of market groups whose sum is shown, too.
    """
    found = few(mills)
    lines = list(_lines(mills, tuple(legs)))
    while added := {cell for line in lines for cell in _needed(line, mills, found)}:
        found |= added
    return found


def few(mills: Mapping[Cell, int]) -> set[Cell]:
    """Cells of one or two mills."""
    return {cell for cell, count in mills.items() if 0 < count < FEWEST_MILLS}


def _lines(mills: Mapping[Cell, int], legs: tuple[frozenset[str], ...]) -> Iterable[list[Cell]]:
    """Cells that add up to another one that is shown."""
    groups = sorted(cell for cell in mills if cell[1] not in SCOPES)
    for product, cells in groupby(groups, key=lambda cell: cell[0]):
        parts = list(cells)
        yield parts
        yield [cell for cell in parts if cell[1] != DOMESTIC]
        if (product, "export") in mills:
            yield [(product, DOMESTIC), (product, "export")]
        for leg in legs:
            yield [cell for cell in parts if cell[1] in leg]
    for part in {part for _, part in mills}:
        yield [cell for cell in mills if cell[1] == part and cell[0] != ALL]


def _needed(line: list[Cell], mills: Mapping[Cell, int], found: set[Cell]) -> list[Cell]:
    """The cell to hide beside those of the line that are hidden; none when they are of enough mills."""
    if not any(cell in found for cell in line):
        return []
    if any(cell in found and mills.get(cell, 0) >= FEWEST_MILLS for cell in line):
        return []
    large = [cell for cell in line if mills.get(cell, 0) >= FEWEST_MILLS]
    return [min(large, key=lambda cell: (mills[cell], cell))] if large else []
