"""What somebody who has nothing but the page can work out by subtraction, one after another.

A cell is a sum of sales that the page shows, hides or adds up: basis, product group, part and month. A part
is a market group, a leg of several, ``export``, ``all``, or of mills that report in both years ``matched``
and ``base_matched``, with ``new`` and ``gone`` for the others. ``year`` before a market: the year so far.
Every figure of the page and every sum that holds by definition is an equation over cells; where a single cell
of an equation is not known, it is computed. Who does so is taken to know which cells are empty.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.bulletin.truth import Truth

Row = dict[str, Any]
Cell = tuple[str, str, str, str]  # basis, product group, part, month

ALL, DOMESTIC = "ALL", "DOMESTIC"
# Section -> column -> part (`member`: the row's, `total`: of the denominator) and how many months before;
# -1: as the bridge's comparison says.
_AMOUNTS: dict[str, dict[str, tuple[str, int]]] = {
    "legs": {
        "domestic_value_cny": (DOMESTIC, 0),
        "total_value_cny": ("all", 0),
        "domestic_value_6m_before_cny": (DOMESTIC, 6),
        "total_value_6m_before_cny": ("all", 6),
        "asean_value_cny": ("asean", 0),
        "europe_america_value_cny": ("europe_america", 0),
        "rest_value_cny": ("rest", 0),
    },
    "blocs": {
        "value_cny": ("member", 0),
        "total_value_cny": ("total", 0),
        "base_value_cny": ("member", 12),
        "base_total_value_cny": ("total", 12),
    },
    "asean": {"value_cny": ("ASEAN", 0), "base_value_cny": ("ASEAN", 12)},
    "pulled": {
        "value_cny": ("member", 0),
        "base_value_cny": ("member", 12),
        "base_total_value_cny": ("total", 12),
    },
    "bridge": {
        "domestic_value_cny": (DOMESTIC, 0),
        "total_value_cny": ("all", 0),
        "base_domestic_value_cny": (DOMESTIC, -1),
        "base_total_value_cny": ("all", -1),
    },
    "volume": {"value_cny": ("total", 0)},
    "concentration": {"domestic_value_cny": (DOMESTIC, 0), "export_value_cny": ("export", 0)},
    "coverage": {
        "value_cny": ("all", 0),
        "base_value_cny": ("all", 12),
        "matched_value_cny": ("matched", 0),
        "matched_base_value_cny": ("base_matched", 0),
    },
    "new_customers": {"value_cny": ("year member", 0)},
    "new_markets": {"value_cny": ("year member", 0)},
}
# Section -> (ratio, what is added to it, numerator, denominator): (ratio + added) * denominator = numerator.
_RATIOS: dict[str, list[tuple[str, float, str, str]]] = {
    "legs": [
        (f"{leg}_share", 0, f"{leg}_value_cny", "total_value_cny")
        for leg in ("domestic", "asean", "europe_america", "rest")
    ],
    "blocs": [("share", 0, "value_cny", "total_value_cny")],
    "asean": [("growth_yoy", 1, "value_cny", "base_value_cny")],
    "pulled": [("growth_yoy", 1, "value_cny", "base_value_cny")],
    "bridge": [
        ("domestic_share", 0, "domestic_value_cny", "total_value_cny"),
        ("base_domestic_share", 0, "base_domestic_value_cny", "base_total_value_cny"),
    ],
    "coverage": [
        ("growth_yoy", 1, "value_cny", "base_value_cny"),
        ("matched_growth_yoy", 1, "matched_value_cny", "matched_base_value_cny"),
        ("matched_value_share", 0, "matched_value_cny", "value_cny"),
    ],
}
_BRIDGE_MONTHS = {"mom": 1, "6m": 6, "yoy": 12}
_SUMS = ("COMBINED", "TOTAL")


@dataclass(frozen=True)
class Equation:
    """``parts``: factor of each cell; their sum is ``value``. ``text``: its place on the page."""

    parts: Mapping[Cell, float]
    value: float
    text: str


def sections(html: str) -> dict[str, dict[str, Any]]:
    """Section -> basis and rows, of the data in the page."""
    text = html.split('<script id="data" type="application/json">')[1].split("</script>")[0]
    found = {}
    for section in json.loads(text)["sections"]:
        columns = section["rows"]["columns"]
        rows = [dict(zip(columns, values, strict=True)) for values in section["rows"]["rows"]]
        found[section["id"]] = {"basis": section["basis"], "rows": rows}
    return found


def equations(
    page: dict[str, dict[str, Any]],
    truth: Truth,
) -> list[Equation]:
    """Every figure of the page, and every sum over products, markets and months."""
    return [*_of_figures(page, truth.values), *_of_sums(truth)]


def holds(equation: Equation, truth: Truth) -> bool:
    """Whether the marts agree, but for what rounding a ratio to six decimals leaves."""
    values = [factor * truth.values.get(cell, 0) for cell, factor in equation.parts.items()]
    largest = max((truth.values.get(cell, 0) for cell in equation.parts), default=0)
    return abs(sum(values) - equation.value) <= 1 + 2e-6 * largest


def computed(known: Iterable[Equation], empty_unless: Mapping[Cell, float]) -> dict[Cell, float]:
    """The cells that follow; those that are not in ``empty_unless`` are 0."""
    values: dict[Cell, float] = {}
    waiting: dict[Cell, list[Equation]] = defaultdict(list)
    ready = list(known)
    for equation in ready:
        for cell in equation.parts:
            waiting[cell].append(equation)
    while ready:
        equation = ready.pop()
        open_cells = [c for c in equation.parts if c in empty_unless and c not in values]
        if len(open_cells) == 1:
            (cell,) = open_cells
            rest = sum(factor * values.get(c, 0) for c, factor in equation.parts.items())
            values[cell] = (equation.value - rest) / equation.parts[cell]
            ready += waiting[cell]
    return values


def _of_figures(page: dict[str, dict[str, Any]], truth: Mapping[Cell, float]) -> Iterator[Equation]:
    for name, amounts in _AMOUNTS.items():
        basis, rows = page[name]["basis"], page[name]["rows"]
        scope = _scope(basis, rows, truth)
        visible: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in rows:
            if row.get("member") not in _SUMS and "value_cny" in row and row["value_cny"] is not None:
                visible[row["product"], row["month"]].add(row.get("member", ""))
        for row in rows:
            text = f"{name} {row['product']} {row['month'][:7]} {row.get('member', '')}"
            cells = {
                column: _cells(scope, basis, row, part, months, visible, truth)
                for column, (part, months) in amounts.items()
                if column in row
            }
            for column, parts in cells.items():
                if row[column] is not None:
                    yield Equation(dict.fromkeys(parts, 1.0), row[column], f"{text} {column}")
                    if row.get("member") == "COMBINED" and amounts[column][0] == "member":
                        yield _rest(basis, row, amounts[column][1], visible, row[column], f"{text} {column}")
            for ratio, added, numerator, denominator in _RATIOS.get(name, []):
                if row.get(ratio) is not None and row.get("member") not in _SUMS:
                    parts = dict.fromkeys(cells[numerator], 1.0)
                    for cell in cells[denominator]:
                        parts[cell] = parts.get(cell, 0) - row[ratio] - added
                    yield Equation({c: f for c, f in parts.items() if f}, 0, f"{text} {ratio}")


def _cells(
    scope: str, basis: str, row: Row, part: str, months: int, visible: Any, truth: Mapping[Cell, float]
) -> list[Cell]:
    """The cells that a figure is the sum of."""
    product, member = row["product"], row.get("member")
    month = _before(row["month"], _BRIDGE_MONTHS[str(member)] if months < 0 else months)
    if part == "total" or member == "TOTAL":
        return [(basis, product, scope, month)]
    if member == "COMBINED":
        return [
            cell
            for cell in truth
            if cell[:2] == (basis, product)
            and cell[3] == month
            and cell[2].isupper()
            and (basis == "order_book" or cell[2] != DOMESTIC)
            and cell[2] not in visible[product, row["month"]]
        ]
    return [(basis, product, part.replace("member", str(member)), month)]


def _rest(basis: str, row: Row, months: int, visible: Any, value: float, text: str) -> Equation:
    """The combined row is the total less the visible rows."""
    month, product = _before(row["month"], months), row["product"]
    whole = (basis, product, "all" if basis == "order_book" else "export", month)
    members = {(basis, product, member, month): -1.0 for member in visible[product, row["month"]]}
    return Equation({whole: 1.0, **members}, value, text)


def _scope(basis: str, rows: list[Row], truth: Mapping[Cell, float]) -> str:
    """What a section's totals are of: customs' may be of all that is declared, or of exports."""

    def misses(part: str) -> float:
        off = 0.0
        for row in rows:
            total = row.get("total_value_cny", row.get("value_cny"))
            if total is not None:
                off += abs(total - truth.get((basis, row["product"], part, row["month"]), 0))
        return off

    return min(("all", "export"), key=misses) if basis == "customs" else "all"


def _before(month: str, months: int) -> str:
    at = int(month[:4]) * 12 + int(month[5:7]) - 1 - months
    return f"{at // 12}-{at % 12 + 1:02}-01"


def _of_sums(known: Truth) -> Iterator[Equation]:
    truth, legs, groups = known.values, known.legs, known.groups
    products: dict[Cell, set[Cell]] = defaultdict(set)
    parts: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for basis, product, part, month in truth:
        if product != ALL:
            products[basis, ALL, part, month].add((basis, product, part, month))
        parts[basis, product, month].add(part)
    for whole, cells in products.items():
        yield _sum(whole, cells)
    for (basis, product, month), found in parts.items():
        here = {part for part in found if part.isupper()}
        sums = {"all": here, "export": here - {DOMESTIC}}
        if basis == "order_book":
            sums |= {leg: here & members for leg, members in legs.items()}
        for whole, members in sums.items():
            yield _sum((basis, product, whole, month), {(basis, product, m, month) for m in members})
        at = (basis, product)
        later = _before(month, -12)
        for sides, at_month in ((("matched", "new"), month), (("base_matched", "gone"), later)):
            cells = {(*at, side, at_month) for side in sides}
            if cells & truth.keys():
                yield _sum((*at, "all", month), cells)
    # The year so far of a group's markets is that of its months.
    years: dict[tuple[str, str, str, str], tuple[set[Cell], set[Cell]]] = defaultdict(lambda: (set(), set()))
    for cell in truth:
        basis, product, part, month = cell
        if part.startswith("year "):
            years[basis, product, groups[part.removeprefix("year ")], month[:4]][0].add(cell)
        elif part.isupper() and month <= known.until.get((basis, month[:4]), ""):
            years[basis, product, part, month[:4]][1].add(cell)
    for (basis, product, group, year), (markets, months) in years.items():
        if markets:
            factors = {**dict.fromkeys(markets, 1.0), **dict.fromkeys(months, -1.0)}
            yield Equation(factors, 0, f"{year} {basis} {product} {group}")


def _sum(whole: Cell, members: set[Cell]) -> Equation:
    return Equation({whole: 1.0, **dict.fromkeys(members, -1.0)}, 0, f"sum {' '.join(whole)}")
