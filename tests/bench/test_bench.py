"""The cheap sections of the bench, end to end at a tiny size, so that it cannot rot."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench import peer_process, report
from bench.__main__ import SECTIONS, disk_missing, measure

pytestmark = pytest.mark.heavy

LINES = 2000
CHEAP = {"load", "where", "workbooks", "small_files", "peers"}

Results = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEXTILE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def results(home: Path) -> Results:
    found: Results = {}
    measure(CHEAP, LINES, 1, found)
    return found


def test_sections_measure_what_they_say(results: Results, home: Path):
    assert set(results) == CHEAP
    load, workbooks, small = (results[name] for name in ("load", "workbooks", "small_files"))
    assert all(load[f"{way}_s"] > 0 for way in ("raw_copy", "read_and_copy", "gated_load", "redelivery"))
    assert load["gated_load_ratio"] == pytest.approx(load["gated_load_s"] / load["raw_copy_s"], abs=0.01)
    assert workbooks["rows"] == LINES // 4
    assert small["files"] == LINES // 50
    assert set(small["kinds"]) == {"csv", "xlsx"}
    assert 20 < small["rows"] / small["files"] < 100
    assert list(home.iterdir()) == [], "the bench leaves something behind"


def test_the_report_compares_each_figure_with_its_target(results: Results, tmp_path: Path):
    path = tmp_path / "results" / "today.json"
    report.write({"lines": LINES}, results, path)
    written = json.loads(path.read_text(encoding="utf-8"))
    assert {"lines", "targets", *CHEAP} == set(written)
    assert [row["what"] for row in written["targets"]] == [target.what for target in report.TARGETS]
    measured = {row["what"] for row in written["targets"] if row["verdict"] in ("ok", "missed")}
    without_peers = () if peer_process.installed() else ("times_faster",)
    assert measured == {
        t.what for t in report.TARGETS if t.section in CHEAP and t.figure not in without_peers
    }


def test_the_table_shows_every_target(results: Results, capsys: pytest.CaptureFixture[str]):
    report.show(results)
    shown = capsys.readouterr().out
    assert all(target.what in shown for target in report.TARGETS)
    assert shown.count("not measured") == sum(t.section not in CHEAP for t in report.TARGETS) + (
        not peer_process.installed()
    )


@pytest.mark.skipif(not peer_process.installed(), reason="the peers are not installed; make bench does it")
def test_peers_load_the_same_file(results: Results):
    assert set(results["peers"]) == {"dlt", "pg-bulk-ingest", "pandas to_sql"}
    assert all(peer["ratio"] > 0 and peer["version"] for peer in results["peers"].values())


def test_targets_name_sections_that_exist():
    assert {target.section for target in report.TARGETS} | {"peers", "where"} == set(SECTIONS)


@pytest.mark.parametrize(
    ("at_least", "found", "verdict"),
    [
        (False, 5.0, "ok"),
        (False, 5.1, "missed"),
        (True, 5.0, "ok"),
        (True, 4.9, "missed"),
        (True, None, "not measured"),
    ],
)
def test_verdicts(at_least: bool, found: float | None, verdict: str):
    assert report.Target("", "", "", None, 5.0, at_least).verdict(found) == verdict


def test_a_small_disk_is_said_before_anything_is_measured():
    assert disk_missing({"small_files"}, 1) is None
    assert "TEXTILE_HOME" in str(disk_missing({"memory"}, 10**12))
