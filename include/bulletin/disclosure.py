"""Which cells would tell a single mill, and so are not shown (Statistics Law, article 25).

A cell is all sales of one product group to one market group in a month, or to several: ``all``, ``export``.
It is hidden when one or two mills are behind it. Nobody may subtract a hidden cell from a sum that is shown:
of a sum at least two cells are hidden or none, one of them of three mills or more, also where they are hidden
for another sum only. Where a sum has no other cell, its total is hidden with it.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

FEWEST_MILLS = 3
ALL = "ALL"  # all product groups
DOMESTIC = "DOMESTIC"
SCOPES = ("all", "export")  # parts that are sums of market groups

Cell = tuple[str, str]  # product group, part
Sum = tuple[Cell | None, list[Cell]]  # a total and its members; None: it is shown, whatever is hidden


def hidden(mills: Mapping[Cell, int], legs: Iterable[frozenset[str]]) -> set[Cell]:
    """Cells of one month and basis that must not be shown; ``mills``: how many are behind each.

    ``legs``: sets of market groups whose sum is shown, too.
    """
    found = few(mills)
    sums = list(_sums(mills, tuple(legs)))
    while added := {cell for of in sums for cell in _needed(of, mills, found)}:
        found |= added
    return found


def few(mills: Mapping[Cell, int]) -> set[Cell]:
    """Cells of one or two mills."""
    return {cell for cell, count in mills.items() if 0 < count < FEWEST_MILLS}


def _sums(mills: Mapping[Cell, int], legs: tuple[frozenset[str], ...]) -> Iterator[Sum]:
    """What adds up over market groups and over products; cells without sales are nobody's secret."""
    sold = [cell for cell, count in mills.items() if count]

    def total(product: str, part: str) -> Cell | None:
        return (product, part) if mills.get((product, part)) else None

    groups = sorted(cell for cell in sold if cell[1] not in SCOPES)
    for product, cells in groupby(groups, key=lambda cell: cell[0]):
        parts = list(cells)
        yield total(product, "all"), parts
        yield total(product, "export"), [cell for cell in parts if cell[1] != DOMESTIC]
        if (product, "export") in sold:
            sides = [(product, DOMESTIC), (product, "export")]
            yield total(product, "all"), [cell for cell in sides if cell in sold]
        for leg in legs:
            yield None, [cell for cell in parts if cell[1] in leg]
    for part in {part for _, part in sold}:
        yield total(ALL, part), [cell for cell in sold if cell[1] == part and cell[0] != ALL]


def _needed(of: Sum, mills: Mapping[Cell, int], found: set[Cell]) -> list[Cell]:
    """The cell to hide beside those of the sum that are hidden; none when nobody can subtract."""
    total, members = of
    dark = [cell for cell in members if cell in found]
    if not dark and total not in found:
        return []
    is_alone = len(dark) + (total in found) == 1
    if not is_alone and any(mills[cell] >= FEWEST_MILLS for cell in dark):
        return []
    if large := [cell for cell in members if cell not in found]:  # all of three mills or more
        return [min(large, key=lambda cell: (mills[cell], cell))]
    return [total] if is_alone and total and total not in found else []
