"""Each drift limit stops its error, on a candidate with a defect on purpose."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from expectations.drift import GUARDS, drift, drift_of_rows
from expectations.drift.jumps import Ahead, Kind, Measure
from include.release import store
from include.settings import Role, Settings

# A jump has a metric and a limit. Within a mart no two measures have the same of both.
Jump = tuple[str, str]
JumpsByRule = dict[str, set[Jump]]

TOTAL, GROUP, CELL = (("value_cny", f"x {limit}") for limit in ("1.15", "1.5", "1.8"))
SHARE, CELL_SHARE = ("share", "5 pp"), ("share", "15 pp")
DOLLARS = ("value_usd per value_cny", "x 1.03")
UNIT_VALUE = ("quantity per quantified_value_cny", "x 1.5")
AHEAD, CELL_AHEAD = (("value_cny", f"x {limit} of the largest month of a year") for limit in "23")
GROWTH, GROWTH_LONG, GROUP_GROWTH, GROUP_GROWTH_LONG = (
    ("growth_yoy", f"+-{limit} x (1 + before)") for limit in ("0.15", "0.05", "0.5", "0.25")
)
MILL, MILL_SHARE = (
    ("total_value_cny", "x 1.6 over twelve months"),
    ("domestic_share", "30 pp over twelve months"),
)
MILL_AHEAD = ("total_value_cny", "x 5 of the largest month of a year")
AUGUST = "month = '2020-08-01'"
GROUPS = "market_level = 'group'"
ALL = "product_group = 'ALL'"
SMALL = f"{AUGUST} and product_group = 'denim' and market_group = 'ASEAN' and {GROUPS} and basis = 'customs'"
A_MILL = "enterprise_uscc = (select max(enterprise_uscc) from candidate.enterprise_mix)"
# what happened: mart, what is done to it, what must be found
DEFECTS: dict[str, tuple[str, str, set[Jump]]] = {
    "a source is gone": (
        "market_share",
        "delete from candidate.market_share where basis = 'customs'",
        {TOTAL, GROUP, CELL, SHARE, CELL_SHARE, DOLLARS, UNIT_VALUE},
    ),
    "a fifth more of everything": (
        "market_share",
        "update candidate.market_share set value_cny = value_cny * 1.2, value_usd = value_usd * 1.2,"
        f" total_value_cny = total_value_cny * 1.2 where {AUGUST}",
        {TOTAL},
    ),
    "a month loaded twice": (
        "market_share",
        "update candidate.market_share set value_cny = value_cny * 2, value_usd = value_usd * 2,"
        f" total_value_cny = total_value_cny * 2 where {AUGUST} and basis = 'order_book'",
        {TOTAL, GROUP, CELL},
    ),
    "half of a market group's deliveries twice, counted elsewhere": (
        "market_share",
        "update candidate.market_share as own set value_cny = own.value_cny * factor,"
        " value_usd = own.value_usd * factor"
        " from (values ('ASEAN', 1.55), ('DOMESTIC', 0.45)) as factors (market, factor)"
        f" where market_group = market and {AUGUST} and {ALL} and {GROUPS} and basis = 'order_book'",
        {GROUP, SHARE},
    ),
    "denim and white cloth under each other's code": (
        "market_share",
        "update candidate.market_share set value_cny = value_cny * case product_group when 'denim' then 1.9"
        f" else 0.1 end where {AUGUST} and market_group = 'ASEAN' and {GROUPS} and not {ALL}"
        " and basis = 'order_book'",
        {CELL, CELL_SHARE},
    ),
    "countries of a tenth of the sales wrong": (
        "market_share",
        "update candidate.market_share set value_cny = value_cny + total_value_cny * 0.1 * case market_group"
        f" when 'ASEAN' then 1 when 'DOMESTIC' then -1 else 0 end where {AUGUST} and {ALL} and {GROUPS}"
        " and basis = 'order_book'",
        {SHARE},
    ),
    "a rate upside down": (
        "market_share",
        f"update candidate.market_share set value_usd = value_cny * 6.9 where {AUGUST}",
        {DOLLARS},
    ),
    "kilometres for metres": (
        "market_share",
        f"update candidate.market_share set quantity = quantity / 1000 where {AUGUST} and not {ALL}",
        {UNIT_VALUE},
    ),
    "fen for yuan in the month that runs": (
        "market_share",
        "update candidate.market_share set value_cny = value_cny * 100 where not is_finished",
        {AHEAD, CELL_AHEAD},
    ),
    "fen for yuan in one product's exports of the month that runs": (
        "market_share",
        "update candidate.market_share set value_cny = value_cny * 4"
        f" where not is_finished and not {ALL} and market_group = 'ASEAN'",
        {CELL_AHEAD},
    ),
    "the year before lost a part": (
        "growth",
        "update candidate.growth set growth_yoy = growth_yoy + (1 + greatest(growth_yoy, 0))"
        " * case period_type when 'month' then 0.16 else 0.06 end where market_level = 'all'",
        {GROWTH, GROWTH_LONG},
    ),
    "a base that is gone": (
        "growth",
        "update candidate.growth set growth_yoy = null where market_level = 'all'",
        {GROWTH, GROWTH_LONG},
    ),
    "the year before of a group lost a part": (
        "growth",
        "update candidate.growth set growth_yoy = growth_yoy + (1 + greatest(growth_yoy, 0))"
        " * case period_type when 'month' then 0.51 else 0.26 end"
        " where market_level = 'group' and market_group = 'ASEAN'",
        {GROUP_GROWTH, GROUP_GROWTH_LONG},
    ),
    "foreign customers taken for Chinese": (
        "dual_circulation",
        "update candidate.dual_circulation set domestic_value_cny = domestic_value_cny"
        f" + 0.16 * total_value_cny where {AUGUST}",
        {("domestic_share", "5 pp"), ("domestic_share", "15 pp")},
    ),
    "a mill delivered twice": (
        "enterprise_mix",
        "update candidate.enterprise_mix set total_value_cny = total_value_cny * 2,"
        f" domestic_value_cny = domestic_value_cny * 2 where {A_MILL}",
        {MILL},
    ),
    "a mill that is gone": (
        "enterprise_mix",
        f"delete from candidate.enterprise_mix where {A_MILL}",
        {MILL},
    ),
    "a mill that sells at home only": (
        "enterprise_mix",
        f"update candidate.enterprise_mix set domestic_value_cny = total_value_cny where {A_MILL}",
        {MILL_SHARE},
    ),
    "yuan that were thousands of yuan": (
        "enterprise_mix",
        "update candidate.enterprise_mix set total_value_cny = total_value_cny * 1000"
        f" where not is_finished and {A_MILL}",
        {MILL_AHEAD},
    ),
    "statistics of a province for those of China": (
        "national_share",
        "update candidate.national_share set denominator_value_cny = denominator_value_cny / 10,"
        f" denominator_quantity = denominator_quantity / 10 where {AUGUST} and denominator = 'china'",
        {("denominator_value_cny", "x 1.3")},
    ),
    "statistics in another unit": (
        "national_share",
        f"update candidate.national_share set denominator_quantity = denominator_quantity / 2 where {AUGUST}",
        {("denominator_quantity per denominator_value_cny", "x 1.5")},
    ),
    "all customers under one code": (
        "concentration",
        "update candidate.concentration set largest_four_share = 1 where dimension = 'customers'",
        {("largest_four_share", "10 pp")},
    ),
    "mills of another type": (
        "growth_contribution",
        "update candidate.growth_contribution set contribution_pp = contribution_pp"
        " + case when period_type = 'month' then 16 else 6 end where dimension = 'mill_type'",
        {("contribution_pp", "+-15"), ("contribution_pp", "+-5")},
    ),
    "old mills under new codes": (
        "margins",
        "update candidate.margins set entering_new_mill_pp = 11 where entering_new_mill_pp is not null",
        {("entering_new_mill_pp", "+-10")},
    ),
    "mills without their base": (
        "matched_growth",
        "update candidate.matched_growth set matched_growth_yoy = matched_growth_yoy"
        " + 0.21 * (1 + greatest(matched_growth_yoy, 0))",
        {("matched_growth_yoy", "+-0.2 x (1 + before)")},
    ),
    "prices in another currency": (
        "price_quantity",
        "update candidate.price_quantity set fisher_price_index = fisher_price_index * 6.9",
        {("fisher_price_index", "x 1.2")},
    ),
    "exports against another world": (
        "constant_market_share",
        "update candidate.constant_market_share set competitiveness_effect_cny = base_value_cny * 0.16"
        " where competitiveness_effect_cny is not null",
        {("competitiveness_effect_cny per base_value_cny", "15 pp")},
    ),
    "provinces that fell out of the seed": (
        "dim_market",
        "delete from candidate.dim_market where market_kind <> 'province' and market_code < 'M'",
        {("rows", "x 0.9")},
    ),
}
# What must pass: mart and what is done to it.
ORDINARY: dict[str, tuple[str, str]] = {
    "a running month grows by half": (
        "market_share",
        "update candidate.market_share set value_cny = value_cny * 1.5 where not is_finished",
    ),
    "a mill amends a tenth of its year": (
        "enterprise_mix",
        f"update candidate.enterprise_mix set total_value_cny = total_value_cny * 0.9 where {A_MILL}",
    ),
    "a cell below the floor is gone": (
        "market_share",
        f"with was as (update store.market_share set value_cny = 10000000 where {SMALL} returning 1)"
        f" update candidate.market_share set value_cny = 1 where {SMALL}",
    ),
    "a new mill brings its past": (
        "enterprise_mix",
        "insert into candidate.enterprise_mix select (jsonb_populate_record(own, jsonb_build_object("
        "'enterprise_uscc', 'new', 'total_value_cny', 9000000000))).* from candidate.enterprise_mix as own"
        f" where {A_MILL}",
    ),
    "a year to date goes a month further": (
        "growth",
        "update candidate.growth set period_end = '2020-09-30', growth_yoy = 5"
        " where period_type = 'ytd' and period_end = '2020-08-31'",
    ),
    "a year that was unknown arrives": (
        "market_share",
        "insert into candidate.market_share select (jsonb_populate_record(own, jsonb_build_object("
        "'month', month - 730))).* from candidate.market_share as own where month < '2019-12-01'",
    ),
    "a group that has tripled gets a late file": (
        "growth",
        "update candidate.growth set growth_yoy = 1.3 * (1 + growth_yoy) - 1"
        " where period_type = 'month' and product_group = 'ALL' and market_level = 'group'"
        " and market_group = 'ASEAN'",
    ),
    "a growth that had no base has one": (
        "growth",
        "update candidate.growth set growth_yoy = 9 where growth_reason is not null",
    ),
    "customs revise a month": (
        "national_share",
        "update candidate.national_share set denominator_value_cny = denominator_value_cny * 1.05",
    ),
}


@pytest.fixture(scope="module")
def candidate(new_warehouse: Callable[..., Settings], constant_sales: Settings) -> Settings:
    """A candidate that equals the current release."""
    return new_warehouse(constant_sales)


@pytest.fixture
def admin(candidate: Settings) -> Iterator[psycopg.Connection]:
    """A connection whose changes are rolled back."""
    with psycopg.connect(candidate.dsn(Role.ADMIN)) as connection:
        yield connection
        connection.rollback()


def jumps_found(connection: psycopg.Connection, new_columns: tuple[str, ...] = ()) -> JumpsByRule:
    """The jumps that each rule finds."""
    marts = store.stored_marts(connection)
    rules = [(mart, rule) for mart in marts for rule in drift(mart, 1, new_columns)]
    rules += [("market_share", rule) for rule in drift_of_rows(marts, 1)]
    found = {}
    for mart, rule in rules:
        statement = rule.unexpected_rows_query.format(batch=f"candidate.{mart}")
        cells = connection.execute(statement.encode()).fetchall()
        assert all(zh and en for *_, zh, en in cells)
        if cells:
            found[rule.meta["rule"]] = {(metric, limit) for metric, _, _, _, limit, *_ in cells}
    return found


def test_a_candidate_that_equals_the_release_has_not_drifted(admin):
    assert jumps_found(admin) == {}


@pytest.mark.parametrize("what", DEFECTS)
def test_what_jumps_is_found(admin, what):
    mart, change, expected = DEFECTS[what]
    assert admin.execute(change.encode()).rowcount > 0
    rule = "drift_rows" if ("rows", "x 0.9") in expected else f"drift_{mart}"
    found = jumps_found(admin)
    assert found.pop(rule) == expected
    assert set(found) <= {"drift_rows"}


@pytest.mark.parametrize("what", ORDINARY)
def test_what_is_ordinary_passes(admin, what):
    _, change = ORDINARY[what]
    assert admin.execute(change.encode()).rowcount > 0
    assert jumps_found(admin) == {}


def _found_as(measure: Measure | Ahead) -> Jump:
    if isinstance(measure, Ahead):
        return measure.metric, f"x {measure.limit} of the largest month of a year"
    words = {
        Kind.FACTOR: "x {}",
        Kind.POINTS: "{} pp",
        Kind.RATE: "+-{}",
        Kind.GROWTH: "+-{} x (1 + before)",
    }
    return measure.metric, words[measure.kind].format(measure.limit) + (
        " over twelve months" if measure.over_year else ""
    )


def test_every_measure_has_been_seen_to_stop_something():
    declared = [(mart, _found_as(measure)) for mart, guard in GUARDS.items() for measure in guard.measures]
    assert len(declared) == len(set(declared)), "two measures that cannot be distinguished"
    seen = {(mart, each) for mart, _, expected in DEFECTS.values() for each in expected}
    assert seen - {("dim_market", ("rows", "x 0.9"))} == set(declared)


def test_a_column_that_the_release_lacks_is_not_compared(admin):
    admin.execute("update candidate.market_share set value_usd = 0, quantity = 0")
    assert jumps_found(admin) == {"drift_market_share": {DOLLARS, UNIT_VALUE}}
    assert jumps_found(admin, ("value_usd", "quantity")) == {}
    admin.execute("update candidate.market_share set value_cny = 0")
    assert jumps_found(admin, ("is_finished",)) == {}
