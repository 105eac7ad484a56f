"""Order lines of a month without an exchange rate: kept, counted, and valued once the rate is entered."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from samples import load, logged, one, order, query, write

from include.bulletin.page import render
from include.bulletin.rows import read
from include.errors import ExchangeRateError, HalfRestoredError
from include.maintenance import nightly_check
from include.release import change_log, entered_rates, publishing, reference_due
from include.settings import Role, Settings
from include.sources.lookups import seed
from include.warehouse.connection import connect

# Before the first month of the seed, and after it: no rate of these is ever known.
MONTH = dt.date(2005, 3, 1)
LAST = dt.date.fromisoformat(max(seed("exchange_rates")["month"]))
TODAY = dt.date(2005, 3, 20)


@pytest.fixture(scope="module")
def waiting(
    new_warehouse: Callable[..., Settings], published: Settings, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Settings, list[str]]:
    """A release with a dollar line and five yuan lines of a month without a rate; what the build logged."""
    settings = new_warehouse(published)
    of_month = {"订单日期": "2005-03-02", "更新时间": "2005-03-02 09:00:00"}
    abroad = order(订单号="F1", 国家地区="美国", 省份="", 币种="USD", 单价="2", 金额="2000.00", **of_month)
    abroad["数量"] = "1000"
    at_home = [order(订单号=f"FC{n}", 数量="1000", 单价="8", 金额="8000.00", **of_month) for n in range(5)]
    path = write(
        tmp_path_factory.mktemp("waiting") / "dollar_order_of_a_month_without_rate.csv", [abroad, *at_home]
    )
    (result,) = load(settings, "enterprise_orders", path)
    assert (result.accepted, result.quarantined) == (6, 0)
    with logged() as lines:
        assert publishing.publish(settings).status == "published"
    return settings, lines


def figures(settings: Settings, mart: str, columns: str, where: str) -> list[tuple[object, ...]]:
    return query(
        settings,
        f"select {columns} from marts.{mart} where {where} order by 1, 2",
        role=Role.ANALYST,
    )


OF_MONTH = "month = '2005-03-01' and product_group = 'ALL'"


def test_amounts_have_a_reason_and_shares_are_empty(waiting):
    settings, _ = waiting
    columns = (
        "domestic_value_cny, export_value_cny, domestic_share, balance_index, share_reason,"
        " lines_without_rate"
    )
    expected = [(Decimal("40000.00"), Decimal("0.00"), None, None, "no_exchange_rate", 1)]
    assert figures(settings, "dual_circulation", columns, OF_MONTH) == expected
    assert figures(settings, "enterprise_mix", columns, "month = '2005-03-01'") == expected
    shares = figures(
        settings,
        "market_share",
        "market_group, value_cny, share, share_reason, lines_without_rate, total_lines_without_rate",
        f"{OF_MONTH} and market_level = 'group'",
    )
    assert shares == [
        ("DOMESTIC", Decimal("40000.00"), None, "no_exchange_rate", 0, 1),
        ("NORTH_AMERICA", Decimal("0.00"), None, "no_exchange_rate", 1, 1),
    ]
    assert figures(
        settings,
        "concentration",
        "market_scope, lines_without_rate, herfindahl_index, concentration_reason",
        "period_type = 'month' and period_start = '2005-03-01'"
        " and dimension = 'mills' and product_group = 'ALL'",
    ) == [("all", 1, None, "no_exchange_rate"), ("domestic", 0, Decimal(1), None)]


def test_other_months_keep_their_figures(waiting, published):
    settings, _ = waiting
    september = "month >= '2019-01-01'"
    for mart, columns in (
        ("dual_circulation", "month, product_group, domestic_share, lines_without_rate"),
        ("market_share", "month, market_group, market_code, basis, product_group, share, lines_without_rate"),
    ):
        assert figures(settings, mart, columns, september) == figures(published, mart, columns, september)


def test_the_build_says_what_is_missing_and_how_to_enter_it(waiting):
    settings, lines = waiting
    (warning,) = [line for line in lines if "2005-03 in USD" in line]
    assert "1 order line(s)" in warning
    assert "`textile rate 2005-03 USD YUAN_FOR_ONE`" in warning
    with connect(settings, Role.PUBLISHER) as connection:
        assert entered_rates.missing(connection) == [(MONTH, "USD", 1)]


def test_the_bulletin_says_what_its_amounts_leave_out(waiting):
    content = read(waiting[0])
    assert content.missing_rates == [{"month": MONTH, "lines_without_rate": 1}]
    (line,) = re.findall(r'<div class="missing-rate">.*</div>', render(content))
    assert "2005-03: 1 " in line


@pytest.fixture(scope="module")
def entered(waiting, new_warehouse: Callable[..., Settings]) -> Settings:
    settings = new_warehouse(waiting[0])
    entered_rates.enter(settings, MONTH, "USD", Decimal("8.2765"), TODAY)
    # Until the next publish the release is what its own rates made of raw.
    assert nightly_check.check(settings) > 0
    assert publishing.publish(settings).status == "published"
    return settings


def test_the_next_publish_uses_an_entered_rate(entered):
    columns = "export_value_cny, domestic_share, share_reason, lines_without_rate"
    ((value, share, reason, lines),) = figures(entered, "dual_circulation", columns, OF_MONTH)
    assert (value, reason, lines) == (Decimal("16553.00"), None, 0)
    assert abs(share - Decimal(40000) / Decimal(56553)) < Decimal("1e-15")
    with connect(entered, Role.PUBLISHER) as connection:
        assert entered_rates.missing(connection) == []
    assert publishing.publish(entered).status == "unchanged"


def test_missing_rates_that_a_build_used_are_reported(entered, new_warehouse):
    warehouse = new_warehouse(entered)
    entered_rates.enter(warehouse, MONTH, "EUR", Decimal("10.9"), TODAY)  # no build has used it
    assert nightly_check.check(warehouse) > 0
    query(warehouse, "delete from ops.exchange_rate where currency = 'USD'")
    with pytest.raises(HalfRestoredError, match=r"build 3 used exchange rates that ops\.exchange_rate lacks"):
        nightly_check.check(warehouse)
    query(warehouse, "delete from ops.exchange_rate")
    with pytest.raises(HalfRestoredError, match=r"ops\.exchange_rate lacks"):
        nightly_check.check(warehouse)


def test_what_an_entered_rate_changed_is_explained(entered):
    newest = one(entered, "select max(release_id) from ops.release")
    rows = change_log.diff(entered, newest - 1, newest, "dual_circulation")
    changes = [
        row for row in rows if row["metric"] == "export_value_cny" and row["cell"]["product_group"] == "ALL"
    ]
    assert [(row["cause"], row["part"]) for row in changes] == [("changed rate", Decimal("16553.00"))]
    assert all(name.startswith("ops.exchange_rate ") for row in changes for name in row["inputs"])


def test_a_late_line_without_a_rate_refuses_no_release(entered, new_warehouse, tmp_path):
    settings = new_warehouse(entered)
    late = order(
        订单号="L1",
        订单日期="2005-03-03",
        更新时间="2005-03-03 09:00:00",
        国家地区="德国",
        省份="",
        币种="EUR",
    )
    load(settings, "enterprise_orders", write(tmp_path / "late.csv", [late]))
    assert publishing.publish(settings).status == "published"
    ((value, share, lines),) = figures(
        settings, "dual_circulation", "export_value_cny, domestic_share, lines_without_rate", OF_MONTH
    )
    assert (value, share, lines) == (Decimal("16553.00"), None, 1)


@pytest.mark.parametrize(
    ("month", "currency", "rate", "message"),
    [
        (MONTH, "XTS", "7", "no such currency"),
        (MONTH, "CNY", "1", "yuan need no rate"),
        (dt.date(2005, 5, 1), "USD", "7", "that of 2005-04-20: enter it from then on"),
        (LAST, "USD", "667", "for one unit"),
    ],
)
def test_a_typing_error_is_no_rate(published, month, currency, rate, message):
    today = max(TODAY, month.replace(day=2)) if month == LAST else TODAY
    with pytest.raises(ExchangeRateError, match=message):
        entered_rates.enter(published, month, currency, Decimal(rate), today)
    assert query(published, "select * from ops.exchange_rate") == []


@pytest.mark.parametrize(("days", "warns"), [(46, False), (45, True), (1, True), (0, True), (-40, True)])
def test_rates_are_due_45_days_before_they_run_out(published, days, warns):
    end = entered_rates.next_month(LAST)
    with connect(published, Role.PUBLISHER) as connection:
        for known in (connection, None):
            found = [w for w in reference_due.warnings(known, end - dt.timedelta(days=days)) if "USD" in w]
            assert bool(found) == warns
            assert all("textile rate" in warning for warning in found)


def test_calendars_are_due_before_they_run_out():
    end = entered_rates.next_month(dt.date.fromisoformat(max(seed("calendar_months")["month"])))
    for days, warns in ((46, False), (45, True)):
        found = reference_due.warnings(None, end - dt.timedelta(days=days))
        assert any("calendar_months.csv" in warning for warning in found) == warns
