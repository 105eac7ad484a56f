"""Flash, formal, final: by the written calendar and the day that the data reach."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from expectations.marts import STAGED
from include.maintenance import housekeeping
from include.release import current_release, publishing
from include.settings import Settings
from tests.samples import load, order, query, write
from tests.transform.spoiling import failing_rules, spoiled

# Rows of revision come with the second release; test_revision has its defects.
SPOILT = sorted(set(STAGED) - {"revision"})
DEFECTS = {
    mart: (
        mart,
        f"update candidate.{mart} set stage = case stage when 'final' then 'formal' else 'final' end"
        f" where ctid = (select min(ctid) from candidate.{mart})",
        {"stage_as_the_calendar_says"},
    )
    for mart in SPOILT
}


@pytest.mark.parametrize("defect", list(DEFECTS))
def test_each_defect_fails_its_rules_and_no_others(scenario_warehouse, tmp_path, defect):
    mart, change, expected = DEFECTS[defect]
    with spoiled(scenario_warehouse, mart, change):
        assert failing_rules(scenario_warehouse, tmp_path, mart) == expected


def test_good_stages_pass(scenario_warehouse, tmp_path):
    assert failing_rules(scenario_warehouse, tmp_path, *STAGED) == set()


def test_every_mart_with_months_has_its_stage(scenario_warehouse):
    """But for the deliveries' months, which are not those of the sales."""
    by_month = query(
        scenario_warehouse,
        "select relname, max(attname) filter (where attname = 'stage') from pg_class"
        " inner join pg_attribute on attrelid = pg_class.oid"
        " where relnamespace = 'candidate'::regnamespace and relkind = 'r' and attnum > 0"
        " group by relname"
        " having bool_or(attname in ('month', 'period_start')) and relname not like 'source_quality%'",
    )
    assert dict(by_month) == dict.fromkeys(STAGED, "stage")


def test_a_period_has_the_stage_of_its_last_month(scenario_warehouse, scenario_admin):
    """The year to date of 2012 was final when its last month was; months and periods agree."""
    differing = scenario_admin.execute(
        "select longer.period_type, longer.period_start from candidate.growth as longer"
        " inner join candidate.dim_month as month"
        " on month.month = date_trunc('month', longer.period_end::timestamp)::date"
        " where longer.stage <> month.stage"
    ).fetchall()
    assert differing == []
    found = scenario_admin.execute("select distinct stage from candidate.growth where period_type <> 'month'")
    assert len(found.fetchall()) > 1


SEPTEMBER = (
    "where mart = 'market_share' and metric = 'value_cny' and period_start = '2020-09-01'"
    " and basis = 'order_book' and product_group = 'ALL' and market_group = 'DOMESTIC'"
)


def test_a_month_moves_from_flash_to_final_and_its_revisions_are_kept(
    new_warehouse: Callable[[], Settings], tmp_path: Path
) -> None:
    warehouse = new_warehouse()

    def next_release(*sales: tuple[str, str]) -> str:
        """A release after orders of (day, amount); returns the stage of September 2020."""
        number = len(list(tmp_path.iterdir()))
        rows = [
            order(
                订单号=f"SO-{number}",
                行号=str(n),
                订单日期=day,
                更新时间=f"{day} 10:30:00",
                发货日期="",
                数量=amount,
                单价="1",
                金额=amount,
            )
            for n, (day, amount) in enumerate(sales, 1)
        ]
        (result,) = load(warehouse, "enterprise_orders", write(tmp_path / f"{number}.csv", rows))
        assert (result.status, result.quarantined) == ("accepted", 0)
        assert publishing.publish(warehouse).status == "published"
        visible = query(
            warehouse,
            "select distinct stage from marts.market_share where month = '2020-09-01'"
            " union select stage from marts.dim_month where month = '2020-09-01'",
        )
        return "".join(*visible)

    def revised() -> list[Any]:
        rows = query(
            warehouse,
            "select stage, first_stage, first_value, first_formal_value, first_final_value, flash_to_formal,"
            f" formal_to_final, revision from marts.revision {SEPTEMBER}",
        )
        return [value if isinstance(value, str) else value and int(value) for row in rows for value in row]

    assert next_release(("2020-09-01", "1000"), ("2020-10-19", "1")) == "flash"
    assert revised() == []
    # The date in the calendar is reached, and a late order is loaded.
    assert next_release(("2020-09-30", "200"), ("2020-10-20", "1")) == "formal"
    assert revised() == ["formal", "flash", 1000, 1200, None, 200, None, 200]
    assert next_release(("2020-09-30", "30")) == "formal"
    assert revised() == ["formal", "flash", 1000, 1200, None, 200, None, 230]
    # October is final with September: it is of the same year.
    assert next_release(("2020-09-30", "4"), ("2021-06-30", "1")) == "final"
    assert revised() == ["final", "flash", 1000, 1200, 1234, 200, 34, 234]
    assert next_release(("2020-09-30", "5000")) == "final"
    assert revised() == ["final", "flash", 1000, 1200, 1234, 200, 34, 5234]
    october = query(
        warehouse,
        "select first_stage, first_formal_value, first_final_value, first_formal_reason, formal_to_final"
        f" from marts.revision {SEPTEMBER.replace('2020-09', '2020-10')}",
    )
    # Shown as over first by the release that made it final.
    assert october == [("final", None, Decimal(2), "not_shown_as_formal", None)]

    through = query(warehouse, "select final_through::text from ops.release order by release_id")
    assert through == [(None,), (None,), (None,), ("2020-12-01",), ("2020-12-01",)]
    # Years later the first release with the final year is still kept, besides the newest.
    years_later = datetime.now(UTC) + timedelta(days=365 * 4)
    assert housekeeping.drop_releases(warehouse, years_later) == [1, 2, 3]
    kept = {r["release_id"]: r["kept_as"] for r in current_release.list_all(warehouse)}
    assert kept[4] == "recent, final"
    assert kept[1] is None

    # The date of the data is the same at another time: the same stages.
    before = query(warehouse, "select * from marts.dim_month order by 1")
    assert publishing.publish(warehouse, full_refresh=True).status == "published"
    assert query(warehouse, "select * from marts.dim_month order by 1") == before


def test_a_release_of_older_code_had_no_stages(new_warehouse, published, tmp_path: Path):
    """Its figures go on: when they became formal is not known, nor made up."""
    warehouse = new_warehouse(published)
    for mart, columns in (
        ("dim_month", ["stage"]),
        ("revision", ["stage", "first_stage", "first_formal_value", "first_final_value"]),
    ):
        drops = ", ".join(f"drop column {column} cascade" for column in columns)
        query(warehouse, f"alter table store.{mart} {drops}")
    late = order(订单号="SO-LATE", 订单日期="2019-09-30", 数量="1000", 单价="1", 金额="1000")
    load(warehouse, "enterprise_orders", write(tmp_path / "late.csv", [late]))
    assert publishing.publish(warehouse).status == "published"
    revised = query(
        warehouse,
        "select first_stage, first_formal_reason, first_final_value = latest_value, flash_to_formal_reason,"
        f" revision, stage from marts.revision {SEPTEMBER.replace('2020', '2019')}",
    )
    assert revised == [(None, "not_shown_as_formal", True, "not_shown_as_flash", Decimal(1000), "final")]
