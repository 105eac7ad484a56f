"""How far figures moved: through three releases, and the rules broken."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from include.maintenance import housekeeping
from include.release import publishing
from tests.samples import load, order, query, write
from tests.transform.spoiling import failing_rules, spoiled

# On a warehouse without a release the mart is empty: the defects bring rows of their own.
INSERT = (
    "insert into candidate.revision values ('dual_circulation', 'domestic_share', 'month', '2012-09-01',"
    " 'order_book', 'denim', 'all', null, 1, 0.3, "
)
# Of what came last: final at once.
STAGES = (
    ", 'flash', null, 'not_shown_as_formal', 0.35, null, null, 'not_shown_as_formal', null,"
    " 'not_shown_as_formal', 'final')"
)
DEFECTS = {
    "another_latest": (
        "revision",
        f"{INSERT}0.4, 0.1, null, 0.333333333333333, null, true{STAGES.replace('0.35', '0.4')}",
        {"latest_value_is_the_figure"},
    ),
    "revision_off": (
        "revision",
        f"{INSERT}0.35, 0.1, null, 0.166666666666667, null, true{STAGES}",
        {"revision_is_latest_less_first"},
    ),
    "flag_lost": (
        "revision",
        f"{INSERT}0.35, 0.05, null, 0.166666666666667, null, false{STAGES}",
        {"revision_is_latest_less_first"},
    ),
    "reason_lost": (
        "revision",
        f"{INSERT}0.35, 0.05, null, null, null, true{STAGES}",
        {"figures_or_reasons"},
    ),
    "first_value_lost": (
        "revision",
        "insert into intermediate.int_releases__first_figures values ('dual_circulation', 'domestic_share',"
        " 'month', '2012-09-01', 'order_book', 'denim', 'all', null, 1, 0.3)",
        {"first_values_stay"},
    ),
    "final_value_moved": (
        "revision",
        f"{INSERT}0.35, 0.05, null, 0.166666666666667, null, true{STAGES.replace('0.35', '0.36')}",
        {"values_of_a_stage_stay"},
    ),
    "formal_to_final_off": (
        "revision",
        f"{INSERT}0.35, 0.05, null, 0.166666666666667, null, true, 'formal', 0.3, null, 0.35, null, null,"
        " 'not_shown_as_flash', 0.06, null, 'final')",
        {"revisions_by_stage_are_differences"},
    ),
}


@pytest.mark.parametrize("defect", list(DEFECTS))
def test_each_defect_fails_its_rules_and_no_others(scenario_warehouse, tmp_path, defect):
    mart, change, expected = DEFECTS[defect]
    with spoiled(scenario_warehouse, mart, change):
        assert failing_rules(scenario_warehouse, tmp_path, mart) == expected


def test_good_figures_pass(scenario_warehouse, tmp_path):
    assert failing_rules(scenario_warehouse, tmp_path, "revision") == set()


def test_the_first_value_is_kept_and_the_latest_is_updated(new_warehouse, published, tmp_path: Path):
    warehouse = new_warehouse(published)
    (first,) = query(warehouse, "select release_id from marts.release_info")
    assert query(warehouse, "select count(*) from marts.revision") == [(0,)]
    visible = query(
        warehouse,
        "select value_cny from marts.market_share where month = '2019-09-01' and basis = 'order_book'"
        " and product_group = 'ALL' and market_level = 'group' and market_group = 'DOMESTIC'",
    )
    for step in (1, 2):
        late = order(订单号=f"SO-LATE-{step}", 订单日期="2019-09-30", 数量="1000", 单价="1", 金额="1000")
        (result,) = load(warehouse, "enterprise_orders", write(tmp_path / f"{step}.csv", [late]))
        assert (result.status, result.quarantined) == ("accepted", 0)
        assert publishing.publish(warehouse).status == "published"
        # Later: the rows that only the first release had are deleted.
        housekeeping.drop_expired(warehouse, now=datetime.now(UTC) + timedelta(days=400))
    assert query(warehouse, "select count(*) from ops.release where dropped_at is not null") != [(0,)]
    revised = query(
        warehouse,
        "select first_release_id, first_value, latest_value, revision, is_revised, first_stage,"
        " first_formal_value, first_formal_reason, first_final_value, formal_to_final_reason"
        " from marts.revision"
        " where mart = 'market_share' and metric = 'value_cny' and period_start = '2019-09-01'"
        " and basis = 'order_book' and product_group = 'ALL' and market_group = 'DOMESTIC'",
    )
    value = visible[0][0]
    # First published long after its year: final at once.
    of_stages = ("final", None, "not_shown_as_formal", value, "not_shown_as_formal")
    assert revised == [(first[0], value, value + 2000, Decimal(2000), True, *of_stages)]
    # The gate has the first values of release 1, though the release is dropped.
    for change in (
        "update candidate.revision set first_release_id = first_release_id + 1 where is_revised",
        "delete from candidate.revision where is_revised",
    ):
        with spoiled(warehouse, "revision", change):
            assert failing_rules(warehouse, tmp_path, "revision") == {"first_values_stay"}
