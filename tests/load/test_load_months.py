"""The months that a load changed; the next build computes them again."""

from pathlib import Path

import psycopg
import pytest
from samples import Row, cell, item, load, order, orders, query, write, write_download

from include.settings import Role, Settings


def changed_months(settings: Settings, source: str, path: Path) -> list[str]:
    """Load a file; returns the months recorded for the load."""
    (result,) = load(settings, source, path)
    assert result.status == "accepted", result.message
    months = query(
        settings,
        "select to_char(month, 'YYYY-MM') from ops.load_month where load_id = %s and source = %s order by 1",
        result.load_id,
        source,
    )
    return [month for (month,) in months]


def version(day: int, **changes: str) -> Row:
    """Version of line 1 as of a day of September."""
    return order(更新时间=f"2020-09-{day:02} 10:00:00", **changes)


@pytest.fixture
def loaded(warehouse: Settings, tmp_path: Path) -> Settings:
    """Line 1 of September, as of 5 September."""
    load(warehouse, "enterprise_orders", write(tmp_path / "first.csv", [version(5)]))
    return warehouse


def test_new_rows_change_their_months(warehouse, tmp_path):
    days = ("2020-03-31", "2020-04-01", "2020-04-30", "2019-12-31")
    rows = [order(订单号=day, 订单日期=day) for day in days]
    assert changed_months(warehouse, "enterprise_orders", write(tmp_path / "a.csv", rows)) == [
        *("2019-12", "2020-03", "2020-04")
    ]
    assert changed_months(warehouse, "customs_exports", write(tmp_path / "b.csv", [item()])) == ["2020-09"]


def test_a_rejected_row_changes_no_month(warehouse, tmp_path):
    rows = [*orders(9), order(行号="10", 订单日期="2020-03-01", 数量="-5")]
    assert changed_months(warehouse, "enterprise_orders", write(tmp_path / "a.csv", rows)) == ["2020-09"]


def test_a_row_with_another_date_changes_both_months(loaded, tmp_path):
    redated = write(tmp_path / "redated.csv", [version(6, 订单日期="2020-08-31")])
    assert changed_months(loaded, "enterprise_orders", redated) == ["2020-08", "2020-09"]


def test_an_amendment_and_a_cancellation_change_their_month(loaded, tmp_path):
    amended = write(tmp_path / "amended.csv", [version(6, 数量="2000", 金额="41000.00")])
    assert changed_months(loaded, "enterprise_orders", amended) == ["2020-09"]
    cancelled = write(tmp_path / "cancelled.csv", [version(7, 状态="取消")])
    assert changed_months(loaded, "enterprise_orders", cancelled) == ["2020-09"]


def test_known_rows_and_late_versions_change_no_month(loaded, tmp_path):
    assert (
        changed_months(loaded, "enterprise_orders", write(tmp_path / "again.csv", [version(5)], "gb18030"))
        == []
    )
    late = write(tmp_path / "late.csv", [version(4, 订单日期="2020-03-01")])
    assert changed_months(loaded, "enterprise_orders", late) == []


def test_of_two_versions_in_one_file_only_the_last_one_changes_its_month(warehouse, tmp_path):
    rows = [version(5, 订单日期="2020-03-01"), version(6)]
    assert changed_months(warehouse, "enterprise_orders", write(tmp_path / "a.csv", rows)) == ["2020-09"]


def test_each_file_of_a_batch_has_its_own_months(warehouse, tmp_path):
    march = write(tmp_path / "a.csv", [order(订单日期="2020-03-01")])
    april = write(tmp_path / "b.csv", [order(订单号="SO-2", 订单日期="2020-04-01"), version(6)])
    first, second = load(warehouse, "enterprise_orders", march, april)
    assert query(warehouse, "select load_id, to_char(month, 'MM') from ops.load_month order by 1, 2") == [
        # Line 1 of the first file has a newer version in the second file, which becomes current.
        *((second.load_id, "04"), (second.load_id, "09"))
    ]
    assert first.accepted == 1


def test_a_withdrawn_row_changes_its_month(warehouse, tmp_path):
    cells = [cell(商品编码="52094200"), cell(商品编码="52094200", 贸易伙伴编码="142")]
    two_cells = write_download(tmp_path / "two_cells.csv", cells)
    assert changed_months(warehouse, "customs_statistics", two_cells) == ["2020-09"]
    fewer = write_download(tmp_path / "fewer.csv", cells[:1])
    assert changed_months(warehouse, "customs_statistics", fewer) == ["2020-09"]
    again = write_download(tmp_path / "again.csv", cells[:1], "flow: export\ncomplete: true\n")
    assert changed_months(warehouse, "customs_statistics", again) == []


def test_a_changed_month_is_read_without_reading_all_of_raw(warehouse, tmp_path):
    """The index of the day: one month of three years of lines costs the blocks of that month."""
    load(warehouse, "enterprise_orders", write(tmp_path / "a.csv", orders(1)))
    same = "customer_code, country, hs_code, quantity, unit, unit_price, amount, currency, status, updated_at"
    query(
        warehouse,
        f"insert into raw.enterprise_orders (enterprise_uscc, order_no, line_no, order_date, {same},"
        f" _load_id, _line_no) select enterprise_uscc, 'H', n, date '2017-09-01' + n / 200, {same}, 1, n"
        " from raw.enterprise_orders cross join generate_series(1, 200 * 1095) as n",
    )
    plan = "explain (analyze, buffers, format json) select sum(amount) from raw.enterprise_orders"
    a_month = f"{plan} where order_date >= '2019-03-01' and order_date < '2019-04-01'"
    with psycopg.connect(warehouse.dsn(Role.ADMIN), autocommit=True) as admin:
        admin.execute("vacuum (analyze) raw.enterprise_orders")
        of_month, of_all = (buffers(admin, statement) for statement in (a_month, plan))
    # 31 of 1,095 days; the index knows ranges of 128 blocks, and a month here begins and ends within one.
    assert of_month < of_all / 8, (of_month, of_all)


def buffers(connection: psycopg.Connection, statement: str) -> int:
    """Blocks that a statement reads."""
    ((found,),) = connection.execute(statement.encode()).fetchall()
    return int(found[0]["Plan"]["Shared Hit Blocks"] + found[0]["Plan"]["Shared Read Blocks"])
