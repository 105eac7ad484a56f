"""Check the figures that the pipeline must find, with tolerances; the calibration is not read here."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from include.demo.figures import Figures


@dataclass(frozen=True)
class Check:
    """One check of the demo: what was wanted and what was found."""

    what: str
    wanted: str
    found: str
    passed: bool


def run(found: Figures) -> list[Check]:
    """Every check; the demo passes when all of them do."""
    return [*_rows(found), *_bad_input(found), *_denim(found), *_white_cloth(found), *_guangdong(found)]


def _rows(found: Figures) -> Iterator[Check]:
    loads = [load for load in (*found.history, *found.last_day) if load["status"] == "accepted"]
    lost = [f for f in loads if f["rows_in"] != f["accepted"] + f["unchanged"] + f["quarantined"]]
    yield _equal("files whose rows do not add up", 0, len(lost))
    written = {
        "enterprise_orders": found.generated.order_lines,
        "customs_exports": found.generated.declaration_items,
        "customs_statistics": found.generated.statistics_rows,
    }
    for source, rows in written.items():
        accepted = sum(f["accepted"] for f in found.history if f["source"] == source)
        yield _equal(f"rows of {source} accepted, of those generated", rows, accepted)


def _bad_input(found: Figures) -> Iterator[Check]:
    refused = [f["file_name"] for f in (*found.history, *found.last_day) if f["status"] == "refused"]
    yield _equal("files refused", found.day.refused.name, ", ".join(refused))
    wanted = [(found.day.bad_rows.name, cell.line) for cell in found.day.bad_cells]
    kept = [(row["file_name"], row["line_no"]) for row in found.quarantine]
    yield _equal("rows in quarantine", _lines(wanted), _lines(kept))
    failed = [source for source, state in found.states.items() if state == "failed"]
    yield _equal("runs failed on the last day", "customs_statistics", ", ".join(failed))


def _denim(found: Figures) -> Iterator[Check]:
    for month, wanted in ((1, "0.10"), (2, "0.10"), (3, "0.10"), (9, "0.35")):
        share = found.domestic_share(month)
        yield _near(f"denim: domestic share 2020-{month:02}", wanted, share, "0.02")
    shares = [found.domestic_share(month) for month in range(3, 10)]
    yield Check(
        "denim: domestic share March to September 2020",
        "rising",
        " ".join(map(percent, shares)),
        all(a is not None and b is not None and a < b for a, b in pairwise(shares)),
    )


def _white_cloth(found: Figures) -> Iterator[Check]:
    for basis in ("order_book", "customs"):
        for group, wanted, tolerance in (
            ("ASEAN", "0.30", "0.02"),
            ("EU", "0", "0.04"),
            ("NORTH_AMERICA", "0", "0.04"),
        ):
            growth = found.white_cloth_growth(basis, group)
            yield _near(f"white cloth: growth 2020-09, {basis}, {group}", wanted, growth, tolerance)


def _guangdong(found: Figures) -> Iterator[Check]:
    for product in ("denim", "ALL"):
        share = found.guangdong_share(product)
        yield _near(f"Guangdong's share of domestic sales, {product}", "0.35", share, "0.10")


def _near(what: str, wanted: str, found: Decimal | None, tolerance: str) -> Check:
    passed = found is not None and abs(found - Decimal(wanted)) <= Decimal(tolerance)
    return Check(what, f"{Decimal(wanted):.0%} ± {Decimal(tolerance):.0%}", percent(found), passed)


def percent(fraction: Decimal | None) -> str:
    """A fraction as percent; ``missing`` for None."""
    return "missing" if fraction is None else f"{fraction:.1%}"


def _equal(what: str, wanted: object, found: object) -> Check:
    return Check(what, str(wanted), str(found), wanted == found)


def _lines(rows: list[tuple[str, int]]) -> str:
    """``a.csv: 3, 9`` for lines 3 and 9 of a.csv."""
    names = dict.fromkeys(name for name, _ in rows)
    return "; ".join(f"{n}: {', '.join(str(line) for name, line in rows if name == n)}" for n in names)
