"""Which cells are hidden because they would disclose a single mill (Statistics Law, article 25).

A cell is the sales of one product group to one market group in a month, or to several: ``all``, ``export``.
It is hidden when one or two mills have sales in it. It must not follow from a published sum by subtraction:
of the cells of a sum either none is hidden, or at least two, one of them of three mills or more. Where a sum
has no other cell to hide, its total is hidden.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

MIN_MILLS = 3
ALL = "ALL"  # all product groups
DOMESTIC = "DOMESTIC"
SCOPES = ("all", "export")  # parts that are sums of market groups

Cell = tuple[str, str]  # product group, part
Sum = tuple[Cell | None, list[Cell]]  # a total and its members; None: a total that is always published


def find_hidden(mills: Mapping[Cell, int], legs: Iterable[frozenset[str]]) -> set[Cell]:
    """Cells of one month and basis that must be hidden; ``mills``: the number of mills by cell.

    ``legs``: sets of market groups whose sum is published too.
    """
    found = find_few(mills)
    sums = list(_sums(mills, tuple(legs)))
    while added := {cell for of in sums for cell in _needed(of, mills, found)}:
        found |= added
    return found


def find_few(mills: Mapping[Cell, int]) -> set[Cell]:
    """The cells of one or two mills."""
    return {cell for cell, count in mills.items() if 0 < count < MIN_MILLS}


def _sums(mills: Mapping[Cell, int], legs: tuple[frozenset[str], ...]) -> Iterator[Sum]:
    """Sums over market groups and over products; cells without sales are left out."""
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
    """The further cell of a sum to hide; none when subtraction discloses nothing."""
    total, members = of
    hidden = [cell for cell in members if cell in found]
    if not hidden and total not in found:
        return []
    is_alone = len(hidden) + (total in found) == 1
    if not is_alone and any(mills[cell] >= MIN_MILLS for cell in hidden):
        return []
    if large := [cell for cell in members if cell not in found]:  # all of three mills or more
        return [min(large, key=lambda cell: (mills[cell], cell))]
    return [total] if is_alone and total and total not in found else []
