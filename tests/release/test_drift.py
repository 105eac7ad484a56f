"""Drift from delivery to release: the message of a refusal, who may accept it, what is accepted."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from samples import environment, load, one, query, write

from expectations.drift import GUARDS, drift
from include.errors import PublishError
from include.quality.results import RuleResult
from include.release import building, current_release, validation
from include.release.approvals import login_name
from include.release.drift import MAX_CELLS, lines, read_acceptance
from include.settings import PROJECT_DIR, Role, Settings
from tests.release import constant_cluster
from tests.release.constant_cluster import LATE, MILLS, MONTHS
from tests.samples import Row

REASON = "the mill took over another one; checked with its ledger"


@pytest.fixture
def warehouse(new_warehouse: Callable[..., Settings], constant_sales: Settings) -> Settings:
    """A published warehouse, to which deliveries can be added."""
    return new_warehouse(constant_sales)


def deliver(settings: Settings, folder: Path, rows: list[Row]) -> None:
    (result,) = load(
        settings, "enterprise_orders", write(folder / f"{len(list(folder.iterdir()))}.csv", rows)
    )
    assert (result.status, result.accepted) == ("accepted", len(rows)), result


def command(settings: Settings, *words: str) -> tuple[int, dict[str, object]]:
    """Exit code and JSON of the command line."""
    script = "from include.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, *words, "--json"],
        cwd=PROJECT_DIR,
        env=os.environ | environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def jumped(settings: Settings) -> dict[str, set[str]]:
    """Marts of the candidate whose drift rule fails, with the cells, but for the parts of larger ones."""
    found = {}
    for mart in GUARDS:
        for rule in drift(mart, current_release.read(settings) or 0, ()):
            statement = rule.unexpected_rows_query.format(batch=f"candidate.{mart}")
            cells = {cell for _, cell, *_ in query(settings, statement, role=Role.PUBLISHER)}
            if cells:
                found[mart] = {cell for cell in cells if "group=" not in cell}
    return found


def test_a_late_file_passes_and_a_reason_that_was_not_needed_is_not_recorded(warehouse, tmp_path, messages):
    deliver(warehouse, tmp_path, list(constant_cluster.orders([LATE])))
    build_id = building.build(warehouse) or 0
    assert validation.validate(warehouse, build_id, read_acceptance(" why ", "Wang Fang")) == []
    assert f"build {build_id}: no figure jumped; the reason was not needed and is not recorded" in messages
    assert query(warehouse, "select * from ops.accepted_drift") == []


def test_a_wrong_unit_is_refused_with_its_cells_until_somebody_gives_a_reason(warehouse, tmp_path):
    # One mill's new orders in fen.
    deliver(
        warehouse, tmp_path, list(constant_cluster.orders([(MILLS[0], MONTHS[-1])], 300_000_000, prefix="B"))
    )
    code, refused = command(warehouse, "publish")
    assert (code, refused["status"], refused["release_id"]) == (1, "refused", 1)
    assert set(refused["failed_rules"]) == {"drift_enterprise_mix", "drift_market_share"}
    assert "`textile publish --accept-drift 'why'`" in refused["message"]
    assert [jump for jump in refused["jumps"] if jump["rule"] == "drift_enterprise_mix"] == [
        {
            "rule": "drift_enterprise_mix",
            "metric": "total_value_cny",
            "cell": f"month=2020-09-01 enterprise_uscc={MILLS[0]}",
            "before": "18000000.00",
            "after": "1818000000.00",
            "limit": "x 5 of the largest month of a year",
            "because_zh": "企业月度最高为过去一年最大月份的两倍；单位错误为千倍、万倍",
            "because_en": "a mill's month is at most twice the largest of its year,"
            " a wrong unit a thousand times",
        }
    ]
    assert query(warehouse, "select * from ops.accepted_drift") == []

    assert command(warehouse, "publish", "--accept-drift", " ")[1] == {
        "error": "accepting a drift needs a reason: others read it in `textile releases`"
    }
    code, published = command(warehouse, "publish", "--accept-drift", REASON)
    assert (code, published["status"], published["release_id"]) == (0, "published", 2)
    recorded = query(
        warehouse,
        "select b.rule_code, b.reason, b.accepted_by, b.cells, jsonb_array_length(b.details)"
        " from ops.accepted_drift as b inner join ops.release as r using (build_id) where release_id = 2"
        " order by 1",
    )
    assert [row[:3] for row in recorded] == [
        ("drift_enterprise_mix", REASON, login_name()),
        ("drift_market_share", REASON, login_name()),
    ]
    assert all(cells == visible > 0 for *_, cells, visible in recorded)
    accepted = {r["release_id"]: r["accepted_drift"] for r in current_release.list_all(warehouse)}
    assert accepted == {1: None, 2: f"{REASON} ({login_name()})"}


def test_a_mill_delivered_twice_and_a_missing_source_are_reported(warehouse, tmp_path):
    deliver(warehouse, tmp_path, list(constant_cluster.orders(product(MILLS[:1], MONTHS), prefix="B")))
    query(warehouse, "delete from raw.customs_exports returning 1")
    assert building.build(warehouse, full_refresh=True)
    assert jumped(warehouse) == {
        "enterprise_mix": {f"enterprise_uscc={MILLS[0]}"},
        "market_share": {f"month={month}-01 basis=customs" for month in MONTHS[:-1]},
    }


def built_again(settings: Settings) -> int:
    """A build of what the candidate holds."""
    return one(
        settings,
        "insert into ops.build (status, last_load_id, loads, code_version, is_full)"
        " select 'built', last_load_id, loads, code_version, false from ops.build"
        " order by build_id limit 1 returning build_id",
    )


def test_a_refused_validation_costs_about_what_a_passing_one_costs(warehouse):
    spoil = "update candidate.market_share set share = share + 0.001, value_cny = value_cny + 1 returning 1"
    spent = []  # time of this process only: others may be at work beside it
    for change in ("select 1", spoil):
        query(warehouse, change, role=Role.TRANSFORMER)
        build_id = built_again(warehouse)
        before = time.process_time()
        failed = validation.validate(warehouse, build_id)
        spent.append(time.process_time() - before)
    passed, refused = spent
    rows = "select sum(unexpected_count) from ops.validation_result where build_id = %s"
    assert one(warehouse, rows, build_id) > 2000
    assert {"shares_sum_to_one", "share_is_part_of_total"} <= set(failed)
    assert refused <= 1.5 * passed


def test_a_reason_accepts_no_other_rule(warehouse, messages):
    build_id = built_again(warehouse)
    for change in (
        "update candidate.dual_circulation set domestic_value_cny = total_value_cny where is_finished",
        "update candidate.market_share set share = share + 0.001 where month = '2020-08-01'",
    ):
        query(warehouse, f"{change} returning 1", role=Role.TRANSFORMER)
    failed = validation.validate(warehouse, build_id, read_acceptance("why", "Wang Fang"))
    assert "shares_sum_to_one" in failed
    assert "drift_dual_circulation" not in failed
    assert any(
        line.startswith(f"build {build_id}: drift_dual_circulation: domestic_share of") for line in messages
    )
    assert query(warehouse, "select * from ops.accepted_drift") == []
    assert one(warehouse, "select status from ops.build where build_id = %s", build_id) == "refused"


@pytest.mark.parametrize("reason", ["", " \n"])
def test_an_empty_reason_is_none(reason):
    with pytest.raises(PublishError, match="needs a reason"):
        read_acceptance(reason, None)


def test_at_most_ten_cells_of_a_rule_are_reported():
    cell = dict.fromkeys(("metric", "cell", "before", "after", "limit", "because_zh", "because_en"), "1")
    result = RuleResult(
        *(
            "market_share",
            "drift_market_share",
            "drift",
            "critical",
            "x",
            None,
            False,
            MAX_CELLS + 3,
            "",
            "",
            None,
        ),
        {"details": {"unexpected_rows": [cell] * (MAX_CELLS + 3)}},
    )
    *visible, last = lines(result)
    assert len(visible) == MAX_CELLS
    assert last == "drift_market_share: and 3 more, in the Data Docs"
