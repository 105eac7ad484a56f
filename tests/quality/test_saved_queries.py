"""A candidate on which a dashboard's query fails is not released."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from samples import load, order, query, write

from include.quality import saved_queries
from include.quality.results import RuleResult
from include.release import publishing
from include.settings import PROJECT_DIR, Role, Settings

QUERIES = sorted(saved_queries.FOLDER.glob("*.sql"))
RESTRICTED = {"enterprise_mix"}


@pytest.fixture(scope="module")
def validated(published: Settings, new_warehouse: Callable[..., Settings]) -> Settings:
    return new_warehouse(published)


def replay(settings: Settings, folder: Path, **queries: str) -> dict[str, RuleResult]:
    folder = folder / "expectations" / "saved_queries"
    folder.mkdir(parents=True)
    for name, text in queries.items():
        (folder / f"{name}.sql").write_text(text, encoding="utf-8")
    with psycopg.connect(settings.dsn(Role.PUBLISHER), autocommit=True) as publisher:
        results = saved_queries.replay(publisher, RESTRICTED, folder)
    return {result.rule.removeprefix("saved_query_"): result for result in results}


def test_a_first_dashboard_has_its_queries():
    assert len(QUERIES) >= 8
    for path in QUERIES:
        title, chinese, board = path.read_text(encoding="utf-8").splitlines()[:3]
        assert title.startswith("-- ")
        assert not chinese.isascii()
        assert board.startswith("-- dashboard: ")
        assert len(f"saved_query_{path.stem}") <= 42


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_each_runs_as_bi_reader(validated, path):
    with psycopg.connect(validated.dsn(Role.BI_READER)) as bi:
        bi.execute(path.read_bytes())


def test_each_runs_on_the_candidate(validated):
    with psycopg.connect(validated.dsn(Role.PUBLISHER), autocommit=True) as publisher:
        results = saved_queries.replay(publisher, RESTRICTED, saved_queries.FOLDER)
    assert {result.rule: result.en for result in results if not result.success} == {}
    assert [result.rule for result in results] == [f"saved_query_{path.stem}" for path in QUERIES]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '-- marts.a\nselect marts.ratio(1, 2, row()) from  marts.a as g, "marts" . a;',
            "-- marts.a\nselect marts.ratio(1, 2, row()) from  candidate.a as g, candidate . a;",
        ),
        ("with marts as (select 1) select * from marts", "with marts as (select 1) select * from marts"),
        ("select 'marts.growth' from Marts.growth", "select 'marts.growth' from candidate.growth"),
        ("select marts.growth.a from marts.growth", "select candidate.growth.a from candidate.growth"),
        ("select marts.release_info.a from marts.release_info",) * 2,
        ("select * from marts.market_share_complete()", "select * from (select a from candidate.share)"),
        ("select * from marts.release_info", "select * from marts.release_info"),
        ("select * from generate_series(1, 2) as n", "select * from generate_series(1, 2) as n"),
        (
            "select 1 union all (select 2 from marts.a where x in (select y from marts.b))",
            "select 1 union all (select 2 from candidate.a where x in (select y from candidate.b))",
        ),
    ],
)
def test_only_the_schema_is_replaced(text, expected):
    functions = {"market_share_complete": " select a from marts.share "}
    assert saved_queries.on_candidate(text, RESTRICTED, functions) == expected


BROKEN = {
    "gone": ("select no_such_column from marts.growth", 'column "no_such_column" does not exist'),
    "no_mart": ("select 1 from marts.sales", 'relation "candidate.sales" does not exist'),
    "zero": ("select value_cny / 0 from marts.market_share", "division by zero"),
    "restricted": ("select 1 from marts.Enterprise_Mix", "which is restricted: bi_reader may not"),
    "other": ("select 1 from ops.load", "dashboards read the schema marts only"),
    "nameless": ("select 1 from growth", "dashboards read the schema marts only"),
    "two": ("select 1; select 2", "must be one select"),
    "writes": ("delete from marts.growth", "must be one select"),
    "sly": ("with d as (delete from marts.growth returning 1) select * from d", "in a read-only transaction"),
    "typo": ("select 1 frm (", "cannot be read"),
    "empty": ("-- nothing", "must be one select"),
}


@pytest.mark.parametrize("name", list(BROKEN))
def test_each_error_fails_its_query_and_the_message_says_what_to_do(validated, tmp_path, name):
    text, complaint = BROKEN[name]
    results = replay(validated, tmp_path, good="select 1 from marts.growth", **{name: text})
    assert (results["good"].success, results[name].success) == (True, False)
    assert complaint in results[name].en
    assert f"expectations/saved_queries/{name}.sql" in results[name].en
    assert "(_v2)" in results[name].en
    assert results[name].zh
    assert results[name].severity == "critical"


def test_a_query_has_the_time_that_bi_reader_has(validated, tmp_path):
    with psycopg.connect(validated.dsn(Role.ADMIN), autocommit=True) as admin:
        admin.execute("alter role bi_reader set statement_timeout = '100ms'")
        try:
            slow = "select pg_sleep(5) from marts.release_info"
            results = replay(validated, tmp_path, slow=slow, after="select 1 from marts.growth")
        finally:
            admin.execute("alter role bi_reader set statement_timeout = '60s'")
    assert "statement timeout" in results["slow"].en
    assert results["after"].success


def test_a_broken_query_refuses_the_release(
    published: Settings,
    new_warehouse: Callable[..., Settings],
    tmp_path: Path,
    messages: list[str],
    monkeypatch: Any,
):
    settings = new_warehouse(published)
    load(settings, "enterprise_orders", write(tmp_path / "more.csv", [order(订单号="SO-9")]))
    (tmp_path / "totals.sql").write_text("select value_cny, no_such from marts.growth", encoding="utf-8")
    monkeypatch.setattr(saved_queries, "FOLDER", tmp_path)
    result = publishing.publish(settings)
    assert (result.release_id, result.status) == (1, "refused")
    assert result.failed_rules == ["saved_query_totals"]
    assert any('column "no_such" does not exist' in line for line in messages)
    recorded = query(
        settings,
        "select suite, expectation, details ->> 'error' from ops.validation_result"
        " where gate = 'release' and not success",
    )
    assert [(suite, kind) for suite, kind, _ in recorded] == [("saved_queries", "saved_query")]
    assert recorded[0][2].startswith('column "no_such" does not exist')
    (docs,) = query(settings, "select docs_path from ops.build where status = 'refused'")[0]
    assert "saved_query_totals" in (settings.home / docs).read_text(encoding="utf-8")
    monkeypatch.undo()
    assert publishing.publish(settings).status == "published"


def test_the_folder_is_part_of_the_project():
    assert saved_queries.FOLDER == PROJECT_DIR / "expectations" / "saved_queries"
