"""Shares and growth of any group of rows: as the catalogue says, and as plain Python adds them up."""

import itertools
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import psycopg
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from include.settings import PROJECT_DIR, Role, Settings

EXACT = Context(prec=200)
MODELS = PROJECT_DIR / "dbt_project" / "models" / "marts"
# Made of two rounded quotients of large numbers.
ROUNDED_TWICE = {"growth_per_working_day"}


def grains() -> dict[str, list[str]]:
    """Mart -> the columns of its unique_combination."""
    models = [m for file in MODELS.rglob("*.yml") for m in yaml.safe_load(file.read_text()).get("models", [])]
    return {
        model["name"]: test["unique_combination"]["arguments"]["columns"]
        for model in models
        for test in model.get("data_tests", [])
        if isinstance(test, dict) and "unique_combination" in test
    }


GRAINS = grains()


@pytest.fixture(scope="module")
def scenarios_as_marts(scenario_warehouse: Settings, new_warehouse: Callable[..., Settings]) -> Settings:
    """The scenarios' candidate, seen as marts."""
    warehouse = new_warehouse(scenario_warehouse)
    with psycopg.connect(warehouse.dsn(Role.ADMIN)) as admin:
        for mart in GRAINS:
            admin.execute(f"create view marts.{mart} as select * from candidate.{mart}".encode())
        admin.execute("grant select on all tables in schema marts to analyst, bi_reader")
    return warehouse


@pytest.fixture(scope="module")
def analyst(scenarios_as_marts: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(scenarios_as_marts.dsn(Role.ANALYST), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def calls(analyst: psycopg.Connection) -> dict[tuple[str, str], tuple[str, str]]:
    """(mart, metric) -> what to read, and the call."""
    found = analyst.execute(
        "select mart, metric, aggregate_from, how_to_aggregate from marts.metric_catalogue"
        " where how_to_aggregate is not null order by mart, metric"
    ).fetchall()
    return {(mart, metric): (source, call) for mart, metric, source, call in found}


def dicts(connection: psycopg.Connection, query: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query.encode())
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def levels_of(call: str) -> list[str]:
    """The SQL of the last argument's parts; what a group must have in common."""
    start = call.index("row(", call.rindex("row(")) + len("row(")
    parts, depth, part = [], 0, ""
    for letter in call[start:]:
        if letter == ")" and not depth:
            break
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and not depth:
            parts.append(part.strip())
            part = ""
        else:
            part += letter
    return [text for text in [*parts, part.strip()] if text]


def test_each_share_and_growth_can_be_aggregated_or_says_why_not(analyst, calls):
    found = analyst.execute(
        "select mart, metric from marts.metric_catalogue where kind = 'ratio' and how_to_aggregate is null"
    ).fetchall()
    assert set(found) == {
        ("concentration", "largest_four_share"),
        ("concentration", "largest_share"),
        ("growth", "growth_comparable"),
        ("revision", "revision_ratio"),
    }
    assert len(calls) > 50
    sources = {mart: source for (mart, _), (source, _) in calls.items()}
    changed = {"market_share": "marts.market_share_complete()"}
    assert sources == {mart: changed.get(mart, f"marts.{mart}") for mart in sources}


def test_of_single_rows_it_is_the_figure_itself(analyst, calls):
    rows = 0
    for (mart, metric), (source, call) in calls.items():
        grain = ", ".join(GRAINS[mart])
        again = {
            tuple(row.values())[:-1]: row["figure"]
            for row in dicts(analyst, f"select {grain}, {call} as figure from {source} group by {grain}")
        }
        for row in dicts(analyst, f"select {grain}, {metric} as figure from marts.{mart}"):
            key, figure = tuple(row.values())[:-1], row["figure"]
            near = metric in ROUNDED_TWICE and figure is not None and again[key] is not None
            same = abs(again[key] - figure) <= Decimal("1e-13") if near else again[key] == figure
            assert same, (mart, metric, key, again[key], figure)
            rows += figure is not None
    assert rows > 1000


PLAIN = {  # form: name of the aggregate -> from numerator and denominator
    "ratio": lambda n, d: EXACT.divide(n, d) if d else None,
    "growth_rate": lambda n, d: EXACT.divide(n, d) - 1 if d > 0 else None,
    "points": lambda n, d: EXACT.divide(100 * n, d) if d > 0 else None,
}


def rounded(value: Decimal | None, form: str) -> Decimal | None:
    if value is None:
        return None
    return value.quantize(Decimal(1).scaleb(-13 if form == "points" else -15), ROUND_HALF_UP, EXACT)


def test_of_groups_it_is_what_plain_python_adds_up(analyst, calls):
    """Every call that has one numerator and one denominator of single rows, by what it may be grouped by."""
    described = dicts(
        analyst,
        "select mart, metric, numerator, denominator from marts.metric_catalogue where kind = 'ratio'",
    )
    groups = 0
    for entry in described:
        mart, metric = entry["mart"], entry["metric"]
        source, call = calls.get((mart, metric), ("", ""))
        form = call.removeprefix("marts.").split("(")[0]
        if form not in PLAIN or "complete" in source:
            continue
        level = ", ".join(f"({part}) as level_{n}" for n, part in enumerate(levels_of(call)))
        levels = [f"level_{n}" for n, _ in enumerate(levels_of(call))]
        reasons = [part.split(")")[0] for part in call.split("_reason")[:-1]]
        reason = f"{reasons[0].split(', ')[-1]}_reason" if reasons else "null"
        rows = dicts(
            analyst,
            f"select {', '.join(GRAINS[mart])}, {entry['numerator']} as n, {entry['denominator']} as d,"
            f" {reason} as reason{', ' + level if level else ''} from {source}",
        )
        if not rows:  # nothing to compare for deliveries
            continue
        for by in ([], *([column] for column in GRAINS[mart]), GRAINS[mart][:2]):
            columns = [*by, *levels]
            found = {
                tuple(row.values())[:-1]: row["figure"]
                for row in dicts(
                    analyst,
                    f"select {''.join(c + ', ' for c in columns)}{call} as figure"
                    f" from (select *{', ' + level if level else ''} from {source}) as s"
                    + (f" group by {', '.join(columns)}" if columns else ""),
                )
            }
            key = lambda row: tuple(row[c] for c in columns)  # noqa: B023, E731  (used at once)
            wanted = {}
            for group, members in itertools.groupby(sorted(rows, key=lambda r: repr(key(r))), key=key):
                parts = list(members)
                lost = {"zero_base", "negative_base", "zero_denominator", None}
                if any(p["n"] is None or p["d"] is None or p["reason"] not in lost for p in parts):
                    wanted[group] = None
                    continue
                numerator, denominator = (sum(Decimal(p[x]) for p in parts) for x in ("n", "d"))
                wanted[group] = rounded(PLAIN[form](numerator, denominator), form)
            assert found == wanted, (mart, metric, by)
            groups += len([value for value in wanted.values() if value is not None])
    assert groups > 500


@pytest.mark.parametrize("by", [[], ["month"], ["product_group"], ["market_code"], ["market_group"]])
def test_a_share_of_several_months_has_the_totals_of_them_all(analyst, calls, by):
    """A market that bought in one month of a year has its share of the year's sales, not of that month's."""
    _, call = calls["market_share", "share"]
    common = ["basis", "market_level", "product_group = 'ALL'"]
    columns = [*by, *common]
    found = {
        tuple(row.values())[:-1]: row["figure"]
        for row in dicts(
            analyst,
            f"select {', '.join(f'{c} as c{n}' for n, c in enumerate(columns))}, {call} as figure"
            f" from marts.market_share_complete() group by {', '.join(columns)}",
        )
    }
    rows = dicts(analyst, "select *, product_group = 'ALL' as is_all from marts.market_share")
    totals = {(r["month"], r["basis"], r["product_group"]): r["total_value_cny"] for r in rows}
    names = [*by, "basis", "market_level", "is_all"]
    for key in {tuple(row[name] for name in names) for row in rows}:
        asked = dict(zip(names, key, strict=True))
        members = [row for row in rows if all(row[n] == value for n, value in asked.items())]
        whole = sum(
            total
            for (month, basis, product), total in totals.items()
            if basis == asked["basis"]
            and (product == "ALL") == asked["is_all"]
            and asked.get("month", month) == month
            and asked.get("product_group", product) == product
        )
        part = sum(row["value_cny"] for row in members)
        assert found[key] == rounded(PLAIN["ratio"](part, whole), "ratio"), asked


def test_the_shares_of_all_markets_of_a_year_sum_to_one(analyst, calls):
    _, call = calls["market_share", "share"]
    sums = analyst.execute(
        f"select basis, year, sum(share) from (select basis, extract(year from month) as year, market_code,"
        f" {call} as share from marts.market_share_complete()"
        " where market_level = 'market' and product_group = 'ALL' group by 1, 2, 3) as s"
        " group by basis, year".encode()
    ).fetchall()
    assert len(sums) > 3
    assert all(abs(total - 1) < Decimal("1e-9") for *_, total in sums)


@pytest.mark.parametrize(
    ("mart", "metric", "where"),
    [
        ("market_share", "share", "market_level = 'group'"),  # ALL beside its parts, two bases
        ("market_share", "share", "product_group = 'ALL' and basis = 'customs'"),  # groups beside markets
        ("market_share", "share_quantity", "market_level = 'group' and product_group <> 'ALL'"),  # units
        ("growth", "growth_yoy", "market_level = 'all' and product_group = 'ALL' and period_type = 'ytd'"),
        ("growth", "contribution_pp", "market_level = 'group' and period_type = 'month'"),  # several months
        ("growth_contribution", "contribution_pp", "period_type = 'month'"),  # two dimensions
        ("matched_growth", "matched_growth_yoy", "period_type = 'month' and market_scope = 'all'"),
        ("dual_circulation", "domestic_share", "true"),
        ("share_bridge", "domestic_growth", "product_group = 'ALL'"),  # two comparisons
        ("national_share", "share", "hs_level = 'hs8'"),  # ALL beside its markets
    ],
)
def test_rows_that_do_not_add_up_are_an_error(analyst, calls, mart, metric, where):
    source, call = calls[mart, metric]
    with pytest.raises(psycopg.errors.DataException, match="a ratio over rows that do not add up") as refusal:
        analyst.execute(f"select {call} from {source} where {where}".encode())
    assert "how_to_aggregate" in (refusal.value.diag.message_hint or "")


def test_a_mart_is_not_confused_with_the_one_whose_name_contains_it(analyst, calls):
    _, call = calls["market_share", "share"]
    with pytest.raises(psycopg.errors.UndefinedColumn, match='column "whole" does not exist'):
        analyst.execute(f"select {call} from marts.market_share".encode())


def test_rollup_and_filter_work_and_bi_reader_may(scenarios_as_marts, calls):
    _, call = calls["dual_circulation", "domestic_share"]
    query = (
        f"select month, {call}, {call} filter (where domestic_value_cny > 0) from marts.dual_circulation"
        " where product_group <> 'ALL' group by rollup (month) order by month nulls last"
    )
    with psycopg.connect(scenarios_as_marts.dsn(Role.BI_READER)) as bi:
        *months, total = bi.execute(query.encode()).fetchall()
        (plain,) = bi.execute(
            "select sum(domestic_value_cny), sum(total_value_cny) from marts.dual_circulation"
            " where product_group <> 'ALL'"
        ).fetchall()
    assert total[1] == rounded(EXACT.divide(*plain), "ratio")
    assert total[2] > total[1]
    assert len(months) > 5


def test_no_other_role_may_call_it(scenarios_as_marts):
    with psycopg.connect(scenarios_as_marts.dsn(Role.ADMIN)) as admin:
        admin.execute("create role stranger")
        found = admin.execute(
            "select proname from pg_proc where (pronamespace = 'marts'::regnamespace or proname ~ '^ratio_')"
            " and has_function_privilege('stranger', oid, 'execute')"
        ).fetchall()
        admin.rollback()
    assert found == []


def test_two_denominators_under_one_name_are_an_error(analyst):
    with pytest.raises(psycopg.errors.DataException, match=r"\(a\) has two denominators, 2 and 3"):
        analyst.execute(
            "select marts.ratio(n, d, row(k), row()) from (values (1, 2, 'a'), (1, 3, 'a')) as v (n, d, k)"
        )


def test_parallel_workers_give_the_same_result(scenarios_as_marts):
    with psycopg.connect(scenarios_as_marts.dsn(Role.ADMIN)) as admin:
        admin.execute(
            "create table workbench.parts as select n, n % 7 as k, (n % 7 + 1)::numeric as d"
            " from generate_series(1, 200000) as n"
        )
        admin.execute(
            "set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0"
        )
        query = "select marts.ratio(n, d, row(k), row()), marts.points(n, d, row()) from workbench.parts"
        plan = "\n".join(line for (line,) in admin.execute(f"explain {query}".encode()))
        parallel = admin.execute(query.encode()).fetchone()
        admin.execute("set max_parallel_workers_per_gather = 0")
        assert admin.execute(query.encode()).fetchone() == parallel
        mixed = "select marts.ratio(n, d, row(k), row(n < 3)) from workbench.parts"
        admin.execute("reset max_parallel_workers_per_gather")
        assert "Partial Aggregate" in plan
        with pytest.raises(psycopg.errors.DataException):
            admin.execute(mixed.encode())


parts = st.lists(
    st.tuples(
        st.decimals(-(10**12), 10**12, places=2) | st.none(),
        st.sampled_from("abc"),
        st.booleans(),
    ),
    max_size=8,
)
denominators = st.fixed_dictionaries({k: st.decimals(-(10**9), 10**12, places=2) | st.none() for k in "abc"})


@settings(deadline=None, max_examples=150)
@given(rows=parts, of=denominators)
def test_the_aggregates_are_what_decimals_say(analyst, rows, of):
    values = [(n, of[k], k) for n, k, _ in rows]
    given_rows = "(select * from unnest(%s::numeric[], %s::numeric[], %s::text[])) as v (n, d, k)"
    columns = [list(column) for column in zip(*values, strict=True)] or [[], [], []]
    for form, plain in PLAIN.items():
        shared, own = analyst.execute(
            f"select marts.{form}(n, d, row(k), row()), marts.{form}(n, d, row()) from {given_rows}".encode(),
            columns,
        ).fetchone() or (0, 0)
        for found, bases in ((shared, list({k: d for _, d, k in values}.values())), (own, columns[1])):
            known = values and None not in columns[0] and None not in bases
            total = sum(bases, Decimal(0)) if known else Decimal(0)
            wanted = plain(sum(columns[0], Decimal(0)), total) if known else None
            if wanted is None or found is None:
                assert found is wanted
            else:
                places = Decimal("2e-13") if form == "points" else Decimal("2e-15")
                assert abs(found - wanted) <= max(places, abs(wanted) * Decimal("1e-15"))
