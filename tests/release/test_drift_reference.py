"""The SQL that finds jumps is compared with a slow reference in Python, on two releases of a small mart."""

from decimal import Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from expectations.drift.jumps import Ahead, Guard, Kind, Measure, jumps
from include.settings import Role, Settings

WHY = ("因为", "because it's so")
GUARD = Guard(
    "sample",
    ("month", "basis"),
    "is_finished",
    (
        Measure("value", "sum(value_cny)", ("place",), Kind.FACTOR, "1.5", WHY, floor="10"),
        Measure(
            "share",
            "sum(value_cny) / nullif(max(total), 0)",
            ("place",),
            Kind.POINTS,
            "5",
            WHY,
            weight="max(total)",
            floor="10",
            of="release",
        ),
        Measure("rate", "max(rate)", ("place",), Kind.RATE, "0.5", WHY, floor="10", of="both"),
        Measure(
            *("year", "sum(value_cny)", ("place",), Kind.FACTOR, "1.6", WHY),
            floor="10",
            of="release",
            over_year=True,
        ),
        Ahead("value", "sum(value_cny)", ("place",), "2", WHY, floor="10"),
    ),
)
MONTHS = [f"{2019 + n // 12}-{n % 12 + 1:02}-01" for n in range(16)]
TOTAL = Decimal(50)
Cell = tuple[int, str]
Figures = tuple[Decimal, Decimal | None]
Release = dict[Cell, Figures]
FIGURES = st.tuples(
    st.sampled_from([Decimal(value) for value in ("0", "4", "10", "14", "15", "16", "17.5", "30", "900")]),
    st.sampled_from([None, *(Decimal(rate) for rate in ("-0.5", "0", "0.5", "1"))]),
)
RELEASES = st.dictionaries(
    st.tuples(st.integers(0, len(MONTHS) - 1), st.sampled_from("ab")), FIGURES, max_size=32
)


@pytest.fixture(scope="module")
def admin(module_warehouse: Settings):
    columns = "month date, basis text, place text, value_cny numeric, rate numeric, total numeric"
    with psycopg.connect(module_warehouse.dsn(Role.ADMIN), autocommit=True) as connection:
        connection.execute(f"create table candidate.sample ({columns}, is_finished boolean)".encode())
        connection.execute(
            "create table store.sample (like candidate.sample, valid_from_release bigint default 3,"
            " valid_to_release bigint default 9)"
        )
        yield connection


def put(connection: psycopg.Connection, table: str, figures: Release, finished: int) -> None:
    connection.execute(f"truncate {table}".encode())
    with connection.cursor() as cursor:
        cursor.executemany(
            f"insert into {table} values (%s, 'x', %s, %s, %s, %s, %s)".encode(),
            [
                (MONTHS[month], place, value, rate, TOTAL, month <= finished)
                for (month, place), (value, rate) in figures.items()
            ],
        )


def reference(was: Release, now: Release, finished: int) -> set[tuple[str, str]]:
    """Metric and cell of every jump."""
    over = {month for month, _ in was if month <= finished}
    found = set()
    for month, place in {*was, *now}:
        cell = f"month={MONTHS[month]} basis=x place={place}"
        before, after = was.get((month, place)), now.get((month, place))
        if month not in over:
            continue
        a, b = (figures[0] if figures else Decimal(0) for figures in (after, before))
        if max(a, b) >= 10 and max(a, b) > Decimal("1.5") * min(a, b):
            found.add(("value", cell))
        if before and abs(a - b) / TOTAL * 100 > 5:
            found.add(("share", cell))
        rates = (before[1], after[1]) if before and after and max(a, b) >= 10 else (None, None)
        if rates[0] is not None and (rates[1] is None or abs(rates[1] - rates[0]) > Decimal("0.5")):
            found.add(("rate", cell))
    year = {month for month in over if month > max(over) - 12}
    for place in "ab":
        months = [was[month, place][0] for month in year if (month, place) in was]
        b, a = sum(months), sum(now[month, place][0] for month in year if (month, place) in now)
        if len(months) >= 6 and max(a, b) >= 10 and max(a, b) > Decimal("1.6") * min(a, b):
            found.add(("year", f"place={place}"))
        for month in range(max(over, default=99) + 1, len(MONTHS)):
            value = now.get((month, place), (Decimal(0),))[0]
            released = was.get((month, place), (Decimal(0),))[0]
            if len(months) >= 3 and value >= 10 and value > 2 * max(*months, released):
                found.add(("value", f"month={MONTHS[month]} basis=x place={place}"))
    return found


def jumps_found(connection: psycopg.Connection, release_id: int = 5) -> set[tuple[str, str]]:
    statement = jumps(GUARD, release_id).format(batch="candidate.sample")
    return {(metric, cell) for metric, cell, *_ in connection.execute(statement.encode())}


@examples(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(was=RELEASES, now=RELEASES, finished=st.integers(0, len(MONTHS) - 1))
def test_jumps_are_those_of_the_reference(admin, was, now, finished):
    put(admin, "store.sample", was, finished)
    put(admin, "candidate.sample", now, finished)
    assert jumps_found(admin) == reference(was, now, finished)


@examples(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(figures=RELEASES, finished=st.integers(0, len(MONTHS) - 1))
def test_a_candidate_that_equals_the_release_never_drifts(admin, figures, finished):
    put(admin, "store.sample", figures, finished)
    put(admin, "candidate.sample", figures, finished)
    assert jumps_found(admin) == set()


def test_rows_of_other_releases_do_not_count(admin):
    put(admin, "store.sample", {(0, "a"): (Decimal(900), None)}, 0)
    put(admin, "candidate.sample", {(0, "a"): (Decimal(1), None)}, 0)
    assert [bool(jumps_found(admin, release_id)) for release_id in (2, 3, 8, 9)] == [False, True, True, False]
