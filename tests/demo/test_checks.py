"""The demo's checks: all pass on the calibrated figures, and each fails on its defect."""

import dataclasses
import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from include.demo import checks
from include.demo.figures import Figures
from include.demo.stages import deliver
from include.demo.synthetic import BadCell, GenerateResult, NextDay
from include.load import drop_folder

DENIM = ("0.10", "0.11", "0.09", "0.14", "0.18", "0.22", "0.27", "0.31", "0.35")


def load(source, name, status="accepted", **rows):
    counts = {"rows_in": 10, "accepted": 10, "unchanged": 0, "quarantined": 0} | rows
    return {"source": source, "file_name": name, "status": status, **counts}


def growth(basis, group, value):
    return {"basis": basis, "market_group": group, "growth_yoy": Decimal(value)}


@pytest.fixture
def story():
    """Figures that meet every expectation."""
    return Figures(
        generated=GenerateResult(files=3, order_lines=10, declaration_items=10, statistics_rows=10, bytes=1),
        day=NextDay(
            good=[],
            bad_rows=Path("bad.csv"),
            bad_cells=[BadCell(line=5, column="数量", value="-1")],
            refused=Path("page.csv"),
            declarations=[],
        ),
        states={"enterprise_orders": "success", "customs_statistics": "failed"},
        history=[load(s, s) for s in ("enterprise_orders", "customs_exports", "customs_statistics")],
        last_day=[
            load("enterprise_orders", "bad.csv", accepted=9, quarantined=1),
            load("customs_statistics", "page.csv", "refused", rows_in=0, accepted=0),
        ],
        quarantine=[{"file_name": "bad.csv", "line_no": 5}],
        release={"release_id": 2},
        denim=[
            {"month": dt.date(2020, month, 1), "domestic_share": Decimal(share)}
            for month, share in enumerate(DENIM, 1)
        ],
        white_cloth=[
            growth(basis, group, value)
            for basis in ("order_book", "customs")
            for group, value in (("ASEAN", "0.31"), ("EU", "-0.03"), ("NORTH_AMERICA", "0.02"))
        ],
        guangdong=[{"product_group": name, "guangdong_share": Decimal("0.35")} for name in ("ALL", "denim")],
    )


def failed(figures):
    """What the failed checks are about."""
    return [check.what for check in checks.run(figures) if not check.passed]


def test_all_checks_pass_on_the_story(story):
    assert len(checks.run(story)) == 20
    assert failed(story) == []


def changed(rows, position, **values):
    """The rows with one of them changed."""
    return [row | values if n == position else row for n, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("field", "change", "expected"),
    [
        ("last_day", lambda r: changed(r, 0, quarantined=0), ["files whose rows do not add up"]),
        (
            "history",
            lambda r: changed(r, 0, accepted=9, unchanged=1),
            ["rows of enterprise_orders accepted, of those generated"],
        ),
        ("last_day", lambda r: changed(r, 1, status="accepted"), ["files refused"]),
        ("last_day", lambda r: changed(r, 0, status="refused"), ["files refused"]),
        ("quarantine", lambda r: [], ["rows in quarantine"]),
        ("quarantine", lambda r: [*r, {"file_name": "good.csv", "line_no": 2}], ["rows in quarantine"]),
        ("states", lambda s: s | {"customs_statistics": "success"}, ["runs failed on the last day"]),
        (
            "denim",
            lambda r: changed(r, 0, domestic_share=Decimal("0.121")),
            ["denim: domestic share 2020-01"],
        ),
        (
            "denim",
            lambda r: changed(r, 8, domestic_share=Decimal("0.32")),
            ["denim: domestic share 2020-09"],
        ),
        (
            "denim",
            lambda r: changed(r, 4, domestic_share=Decimal("0.13")),
            ["denim: domestic share March to September 2020"],
        ),
        (
            "white_cloth",
            lambda r: changed(r, 0, growth_yoy=Decimal("0.27")),
            ["white cloth: growth 2020-09, order_book, ASEAN"],
        ),
        (
            "white_cloth",
            lambda r: changed(r, 4, growth_yoy=Decimal("-0.05")),
            ["white cloth: growth 2020-09, customs, EU"],
        ),
        (
            "guangdong",
            lambda r: changed(r, 1, guangdong_share=Decimal("0.5")),
            ["Guangdong's share of domestic sales, denim"],
        ),
    ],
)
def test_each_check_fails_on_its_defect(story, field, change, expected):
    figures = dataclasses.replace(story, **{field: change(getattr(story, field))})
    assert failed(figures) == expected


def test_a_figure_that_is_missing_does_not_pass(story):
    empty = dataclasses.replace(story, denim=[], white_cloth=[], guangdong=[])
    assert len(failed(empty)) == 13


def test_deliver_moves_whole_files_oldest_first(tmp_path):
    draft, landing = tmp_path / "draft", tmp_path / "landing"
    folder = draft / "customs_statistics"
    folder.mkdir(parents=True)
    for name in ("b.csv", "a.csv", "a.csv.yml"):
        (folder / name).write_text(name, encoding="utf-8")
    assert list(deliver(draft, landing)) == ["b.csv", "a.csv"]
    assert [path.name for path in drop_folder.find(landing, "customs_statistics")] == ["b.csv", "a.csv"]
    assert (landing / "customs_statistics" / "a.csv.yml").is_file()
    assert not [path for path in draft.rglob("*") if path.is_file()]
