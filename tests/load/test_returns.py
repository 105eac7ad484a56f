"""Returns that name the line they cancel: the whole line leaves the facts, or the return is quarantined."""

from pathlib import Path
from typing import Any

import ledger
import pytest
from samples import load, query

from include.settings import Settings

SALE, RETURN = ledger.ROWS[1], ledger.ROWS[4]
AMENDED = (*SALE[:12], 800, *SALE[13:18], "06/09/2020 09:00")
PART = (*RETURN[:12], -200, *RETURN[13:])
LINES = "select quantity, status from raw.enterprise_orders where line_no = 2"


def deliver(settings: Settings, folder: Path, *rows: tuple[Any, ...]) -> list[int]:
    """One ledger with these rows and good ones; rows accepted, unchanged, quarantined."""
    folder.mkdir(exist_ok=True)
    others = tuple((*ledger.ROWS[0][:2], 10 + n, *ledger.ROWS[0][3:]) for n in range(9))
    (result,) = load(
        settings, "enterprise_orders", ledger.write(folder, (*others, *rows)), profile="erp_sales_ledger"
    )
    assert result.status == "accepted", result.message
    return [result.accepted, result.unchanged, result.quarantined]


def test_a_return_of_the_whole_line_cancels_it(warehouse: Settings, tmp_path: Path) -> None:
    deliver(warehouse, tmp_path / "1", SALE)
    assert deliver(warehouse, tmp_path / "2", RETURN) == [1, 9, 0]
    assert [status for _, status in query(warehouse, LINES)] == ["cancelled"]


@pytest.mark.parametrize("in_one_file", [False, True], ids=["in two files", "in one file"])
def test_a_return_of_a_part_is_quarantined(in_one_file: bool, warehouse: Settings, tmp_path: Path) -> None:
    if in_one_file:
        deliver(warehouse, tmp_path / "1", SALE, PART)
    else:
        deliver(warehouse, tmp_path / "1", SALE)
        assert deliver(warehouse, tmp_path / "2", PART) == [0, 9, 1]
    assert query(warehouse, "select rule_codes from ops.quarantine") == [(["return_takes_back_whole_line"],)]
    assert [status for _, status in query(warehouse, LINES)] == ["new"]


def test_a_return_before_its_line_is_quarantined_and_cancels_nothing(
    warehouse: Settings, tmp_path: Path
) -> None:
    assert deliver(warehouse, tmp_path / "1", RETURN) == [9, 0, 1]
    assert deliver(warehouse, tmp_path / "2", SALE)[2] == 0
    assert [status for _, status in query(warehouse, LINES)] == ["new"]
    # Delivered again, it finds its line, and the quarantined row is resolved.
    assert deliver(warehouse, tmp_path / "3", SALE, RETURN) == [1, 10, 0]
    assert query(warehouse, "select resolved_by_load from ops.quarantine") == [(3,)]


def test_the_same_rows_again_are_unchanged_also_in_one_file(warehouse: Settings, tmp_path: Path) -> None:
    for number, row in enumerate((SALE, RETURN, AMENDED)):
        deliver(warehouse, tmp_path / str(number), row)
    before = query(warehouse, LINES)
    assert before[0][1] == "new"
    assert deliver(warehouse, tmp_path / "again", SALE, RETURN, AMENDED) == [0, 12, 0]
    assert query(warehouse, LINES) == before
