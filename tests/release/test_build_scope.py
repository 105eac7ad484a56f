"""Which months a build computes, after builds with each result."""

import psycopg
import pytest

from include.release import build_log
from include.release.build_log import Versions
from include.settings import Role, Settings

CODE = Versions("code", "tables", {})


@pytest.fixture
def publisher(warehouse: Settings):
    with psycopg.connect(warehouse.dsn(Role.PUBLISHER), autocommit=True) as connection:
        yield connection


@pytest.fixture
def accept(warehouse: Settings):
    """A function that notes an accepted load of orders with the months it touched."""

    def accepted(*months: str) -> None:
        with psycopg.connect(warehouse.dsn(Role.LOADER)) as loader:
            (load_id,) = loader.execute(
                "insert into ops.load (source, file_name, sha256, size_bytes, status, rows_in, accepted,"
                " unchanged, quarantined) select 'enterprise_orders', 'f', count(*)::text, 1, 'accepted',"
                " 1, 1, 0, 0 from ops.load returning load_id"
            ).fetchone() or (0,)
            for month in months:
                loader.execute(
                    "insert into ops.load_month (load_id, source, month)"
                    " values (%s, 'enterprise_orders', %s)",
                    [load_id, f"{month}-01"],
                )

    accepted("2020-01")
    return accepted


def begin(
    publisher: psycopg.Connection, code: Versions = CODE, *, full_refresh: bool = False
) -> list[str] | str:
    """Open a build; the months it computes."""
    _, is_full = build_log.begin(publisher, code, full_refresh=full_refresh)
    rows = publisher.execute("select to_char(month, 'YYYY-MM') from ops.months_to_build order by month")
    return "every month" if is_full else [month for (month,) in rows]


def end(publisher: psycopg.Connection, status: str = "published") -> None:
    """Let the newest build's dbt succeed, and the build end."""
    (build_id,) = publisher.execute("select max(build_id) from ops.build").fetchone() or (0,)
    build_log.record_tables_built(publisher, build_id)
    build_log.finish(publisher, build_id, status)


def release(publisher: psycopg.Connection) -> None:
    publisher.execute(
        "insert into ops.release (build_id, last_load_id, loads, code_version)"
        " select build_id, last_load_id, loads, code_version from ops.build order by build_id desc limit 1"
    )


def test_first_everything_then_what_loads_touched(publisher, accept):
    assert begin(publisher) == "every month"
    end(publisher)
    assert begin(publisher) == []
    end(publisher)
    accept("2020-03", "2020-04")
    accept("2020-04")
    assert begin(publisher) == ["2020-03", "2020-04"]


def test_a_load_that_is_accepted_while_dbt_runs_waits_for_the_next_build(publisher, accept):
    begin(publisher)
    accept("2020-03")
    end(publisher)
    assert begin(publisher) == ["2020-03"]
    accept("2020-04")
    end(publisher, "stale")
    assert begin(publisher) == ["2020-04"]


def test_months_of_a_build_that_failed_are_built_again_with_those_that_came(publisher, accept):
    begin(publisher)
    end(publisher)
    accept("2020-03")
    assert begin(publisher) == ["2020-03"]
    accept("2020-04")
    assert begin(publisher) == ["2020-03", "2020-04"]
    end(publisher)
    assert begin(publisher) == []


def test_a_full_refresh_that_broke_off_is_begun_again(publisher, accept):
    begin(publisher)
    assert begin(publisher) == "every month"
    end(publisher)
    assert begin(publisher, full_refresh=True) == "every month"
    accept("2020-03")
    assert begin(publisher) == "every month"
    end(publisher)
    assert begin(publisher) == []


def test_other_code_of_the_tables_means_every_month_also_when_it_is_reverted(publisher, accept):
    begin(publisher)
    end(publisher)
    assert begin(publisher, Versions("other", "tables", {})) == []
    assert begin(publisher, Versions("other", "other", {})) == "every month"
    assert begin(publisher) == "every month"  # the other code's build may have left tables of its own
    end(publisher)
    assert begin(publisher) == []


def test_what_the_gate_refused_is_computed_anew(publisher, accept):
    begin(publisher)
    end(publisher)
    accept("2020-03")
    begin(publisher)
    end(publisher, "refused")
    assert begin(publisher) == "every month"


def unproven(publisher: psycopg.Connection) -> list[str] | str:
    """The months of raw that the gate reads for the newest build."""
    (build_id,) = publisher.execute("select max(build_id) from ops.build").fetchone() or (0,)
    months = build_log.unproven_months(publisher, build_id)
    return "every month" if months is None else [f"{month:%Y-%m}" for month in months]


def test_the_gate_reads_what_was_touched_since_the_newest_release(publisher, accept):
    begin(publisher)
    end(publisher)
    assert unproven(publisher) == "every month"
    release(publisher)
    accept("2020-03")
    begin(publisher)
    end(publisher, "stale")
    accept("2020-04")
    begin(publisher)
    end(publisher)
    assert unproven(publisher) == ["2020-03", "2020-04"]
    release(publisher)
    assert unproven(publisher) == []
    accept("2020-05")  # not in the build: it is stale, and will be built again
    assert unproven(publisher) == []
    assert [f"{m:%Y-%m}" for m in build_log.unreleased_months(publisher) or []] == ["2020-05"]


def test_the_gate_reads_everything_after_a_full_refresh_and_with_other_rules(publisher, accept):
    begin(publisher)
    end(publisher)
    release(publisher)
    begin(publisher, Versions("other rules", "tables", {}))
    assert unproven(publisher) == "every month"
    begin(publisher, full_refresh=True)
    end(publisher)
    begin(publisher)
    assert unproven(publisher) == "every month"
    assert build_log.unreleased_months(publisher) is None
