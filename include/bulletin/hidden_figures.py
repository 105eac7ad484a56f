"""Hide figures that would disclose a single mill: they become null, and ``hidden`` lists them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from include.bulletin import hidden_cells
from include.bulletin.sections import Section

Row = dict[str, Any]
_Key = tuple[str, date]  # basis, month

COMBINED, TOTAL = "COMBINED", "TOTAL"
TOLERANCE_PP = Decimal("0.000001")


class Disclosure:
    """Decides which figures of a release may be published.

    ``mills``: rows of ``queries/mills.sql``. ``legs``: name -> market groups whose order book shares are
    published as one sum.
    """

    def __init__(self, mills: Iterable[Row], legs: Mapping[str, frozenset[str]]) -> None:
        self._legs = legs
        self._mills: dict[_Key, dict[hidden_cells.Cell, int]] = defaultdict(dict)
        for row in mills:
            self._mills[row["basis"], row["month"]][row["product"], row["part"]] = row["mills"]
        self._hidden = {
            key: hidden_cells.find_hidden(cells, legs.values() if key[0] == "order_book" else ())
            for key, cells in self._mills.items()
        }

    def hide_in(self, section: Section, rows: list[Row]) -> list[Row]:
        """The rows with null for hidden figures, a row of the hidden members combined, and the total."""
        few = _of_few(section, rows)
        for row, columns in zip(rows, few, strict=True):
            row["hidden"] = self._hidden_columns(section, row, columns)
        if section.combined:
            rows = list(_completed(section, rows))
        elif section.shape == "year":  # ordered by size, they would disclose it
            rows.sort(key=lambda row: (row["product"], row["month"], *_order_of_hidden(row)))
        for row in rows:
            row.update(dict.fromkeys(row["hidden"]))
        return rows

    def _hidden_columns(self, section: Section, row: Row, few: set[str]) -> list[str]:
        names = {column.name for column in section.figures()}
        bases = [row.get("base_month"), *row.get("festival_base_months", [])]
        months = [row["month"], *filter(None, bases)]
        if any(self._is_hidden(section, row, month) for month in months):
            hidden = names
        else:
            hidden = few
            if section.id == "legs" and any(self._discloses_leg(row, month) for month in months):
                hidden = hidden | {name for leg in self._legs for name in names if name.startswith(leg)}
        # A figure that is null anyway keeps its own reason.
        return sorted(name for name in hidden if row[name] is not None)

    def _is_hidden(self, section: Section, row: Row, month: date) -> bool:
        parts = [row["member"] if part == "member" else part for part in section.cells]
        hidden = self._hidden.get((section.basis, month), set())
        return any((row["product"], part) in hidden for part in parts)

    def _discloses_leg(self, row: Row, month: date) -> bool:
        """Whether a leg is the sum of hidden cells that have too few mills together."""
        key: _Key = ("order_book", month)
        mills, hidden = self._mills.get(key, {}), self._hidden.get(key, set())
        for groups in self._legs.values():
            cells = [(row["product"], group) for group in groups if mills.get((row["product"], group), 0)]
            of_many = [cell for cell in cells if mills[cell] >= hidden_cells.MIN_MILLS]
            if cells and hidden.issuperset(cells) and (len(cells) == 1 or not of_many):
                return True
        return False


def _of_few(section: Section, rows: list[Row]) -> list[set[str]]:
    """The columns that the section's ``few`` hides, by row."""
    hidden: list[set[str]] = [set() for _ in rows]
    for count, columns in section.few.items():
        cells: dict[date, dict[hidden_cells.Cell, int]] = defaultdict(dict)
        for row in rows:
            if row[count] is not None:
                cells[row["month"]][_cell(row)] = row[count]
        if section.few_add_up:
            found = {month: hidden_cells.find_hidden(counts, ()) for month, counts in cells.items()}
        else:
            found = {month: hidden_cells.find_few(counts) for month, counts in cells.items()}
        for row, names in zip(rows, hidden, strict=True):
            if _cell(row) in found.get(row["month"], set()):
                names.update(columns)
    return hidden


def _cell(row: Row) -> hidden_cells.Cell:
    return row["product"], row.get("member", "all")


def _order_of_hidden(row: Row) -> tuple[bool, str]:
    """A sort key: hidden rows last, by name."""
    return bool(row["hidden"]), row["member"] if row["hidden"] else ""


def _completed(section: Section, rows: list[Row]) -> Iterator[Row]:
    """The visible members of each month, the hidden ones combined, and the total."""
    for _, members in groupby(rows, key=lambda row: (row["product"], row["month"])):
        cell = list(members)
        visible = [row for row in cell if not row["hidden"]]
        rest = sorted((row for row in cell if row["hidden"]), key=_order_of_hidden)
        if not visible:
            yield from rest
            continue
        yield from visible
        if rest:
            yield _sum(section, rest)
        if section.total:
            total = {name: visible[0][of] for name, of in section.total.items()}
            others = {
                c.name: visible[0][c.name] for c in section.figures() if c.name.startswith("base_total")
            }
            change = {"change_cny": _minus(total["value_cny"], total["base_value_cny"])}
            yield {**visible[0], **total, **others, **change, "member": TOTAL}


def _sum(section: Section, rows: list[Row]) -> Row:
    """Several members as one row: sums of additive figures, the denominators unchanged, the rest hidden."""
    sums = {section.combined, "value_cny", "change_cny", "base_value_cny"}
    wholes = {"total_value_cny", "base_total_value_cny"}
    figures = {c.name for c in section.figures()}
    combined = {**rows[0], "member": COMBINED, "hidden": sorted(figures - sums - wholes)}
    for name in sums & figures:
        values = [row[name] for row in rows]
        combined[name] = None if None in values else sum(values)
    return combined


def _minus(a: Decimal | None, b: Decimal | None) -> Decimal | None:
    return None if a is None or b is None else a - b
