"""Rejected rows: all are stored as delivered, and a later delivery of the same key resolves them."""

import json
from pathlib import Path

import xlsxwriter
from samples import (
    MILL_B,
    cells,
    csv_text,
    enterprise,
    items,
    load,
    one,
    order,
    orders,
    query,
    write,
    write_download,
)

from include.release import current_release

ALL = "select count(*) from ops.quarantine"
RESOLVED = "select line_no, resolved_by_load from ops.quarantine order by load_id, line_no"


def test_every_rejected_row_is_stored(warehouse, tmp_path):
    """10,000 bad rows among 50,001: under the tolerance, so all of them are in quarantine."""
    lines = csv_text([order()]).splitlines()
    good, bad = lines[1], lines[1].replace("1000,米", "0,米")
    rows = [(bad if n % 5 == 0 else good).replace("SO-1,1,", f"SO-1,{n + 1},") for n in range(50_001)]
    rows[-1] = good.replace("SO-1,1,", "SO-1,50001,")
    path = tmp_path / "a.csv"
    path.write_text("\n".join([lines[0], *rows, ""]), encoding="utf-8")
    (result,) = load(warehouse, "enterprise_orders", path)
    assert (result.status, result.accepted, result.quarantined) == ("accepted", 40_001, 10_000)
    stored = query(
        warehouse,
        "select count(*), count(distinct line_no), count(raw_line), count(row_key),"
        " count(distinct cells ->> '行号'), min(line_no), max(line_no) from ops.quarantine"
        " where rule_codes = '{quantity_positive}' and place = 'line ' || line_no"
        " and cells ->> '行号' = (line_no - 1)::text and cells ->> '数量' = '0'",
    )
    assert stored == [(10_000, 10_000, 10_000, 10_000, 10_000, 2, 49_997)]


def test_a_row_is_stored_with_its_own_cells_in_the_files_order(warehouse, tmp_path):
    columns = sorted(order(), reverse=True)
    path = write(tmp_path / "a.csv", [*orders(9), order(行号="10", 数量=" -5 ")], columns=columns)
    path.write_text(path.read_text(encoding="utf-8") + "one field\n", encoding="utf-8")
    load(warehouse, "enterprise_orders", path)
    (stored_cells, values), (no_cells, _) = query(
        warehouse, "select cells::text, row_values from ops.quarantine order by line_no"
    )
    assert list(json.loads(stored_cells)) == columns
    assert json.loads(stored_cells)["数量"] == " -5 "
    assert (values["quantity"], values["country"], values["line_no"]) == (-5, "CHN", 10)
    assert no_cells is None


def test_a_row_with_nul_bytes_is_stored_without_them(warehouse, tmp_path):
    path = write(tmp_path / "a.csv", [*orders(9), order(行号="0", 品名="牛仔\\u0000布")])
    path.write_bytes(path.read_bytes().replace("牛仔\\".encode(), "牛\0仔\\".encode()))
    (result,) = load(warehouse, "enterprise_orders", path)
    assert result.quarantined == 1
    assert one(warehouse, "select cells ->> '品名' from ops.quarantine") == "牛仔\\u0000布"


def test_a_workbooks_row_has_its_cells_too(warehouse, tmp_path):
    rows = [*orders(9), order(行号="10", 数量="0")]
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([list(rows[0]), *(row.values() for row in rows)]):
            sheet.write_row(number, 0, row)
    load(warehouse, "enterprise_orders", path)
    line_no, row_cells = query(warehouse, "select line_no, cells from ops.quarantine")[0]
    assert (line_no, row_cells) == (11, rows[-1])


def bad(*numbers: int, **changes: str) -> list[dict[str, str]]:
    """Lines with a quantity of 0, and good ones so that the file is accepted."""
    return [*orders(9, 订单号="OK"), *(order(行号=str(n), 数量="0", **changes) for n in numbers)]


def test_a_corrected_row_resolves_the_rejected_one(warehouse, tmp_path):
    rejected, corrected = load(
        warehouse,
        "enterprise_orders",
        write(tmp_path / "bad.csv", bad(1, 2)),
        write(tmp_path / "corrected.csv", orders(1)),
    )
    assert (rejected.quarantined, corrected.accepted) == (2, 1)
    assert query(warehouse, RESOLVED) == [(11, corrected.load_id), (12, None)]
    (later,) = load(warehouse, "enterprise_orders", write(tmp_path / "whole.csv", orders(2)))
    assert (later.accepted, later.unchanged) == (1, 1)
    assert query(warehouse, RESOLVED) == [(11, corrected.load_id), (12, later.load_id)]
    assert one(warehouse, "select count(*) from ops.quarantine where resolved_at >= quarantined_at") == 2


def test_an_unchanged_row_resolves_too(warehouse, tmp_path):
    load(warehouse, "enterprise_orders", write(tmp_path / "first.csv", orders(1)))
    load(warehouse, "enterprise_orders", write(tmp_path / "bad.csv", bad(1)))
    (again,) = load(warehouse, "enterprise_orders", write(tmp_path / "again.csv", orders(2)))
    assert again.unchanged == 1
    assert query(warehouse, RESOLVED) == [(11, again.load_id)]


def test_a_row_that_is_rejected_again_resolves_nothing(warehouse, tmp_path):
    for name in ("a", "b"):
        load(warehouse, "enterprise_orders", write(tmp_path / f"{name}.csv", bad(1, 品名=name)))
    assert [load for _, load in query(warehouse, RESOLVED)] == [None, None]


def test_a_refused_file_resolves_nothing(warehouse, tmp_path):
    load(warehouse, "enterprise_orders", write(tmp_path / "bad.csv", bad(1)))
    rows = [*orders(1), *orders(1, 订单号="X", 数量="0")]
    (refused,) = load(warehouse, "enterprise_orders", write(tmp_path / "refused.csv", rows))
    assert refused.status == "refused"
    assert query(warehouse, RESOLVED) == [(11, None)]


def test_a_row_without_a_readable_key_stays_open_and_one_without_a_version_is_resolved(warehouse, tmp_path):
    rows = [*orders(18, 订单号="OK"), order(行号="x"), order(行号="1", 更新时间="soon")]
    load(warehouse, "enterprise_orders", write(tmp_path / "bad.csv", rows))
    (corrected,) = load(warehouse, "enterprise_orders", write(tmp_path / "good.csv", orders(2)))
    assert query(warehouse, RESOLVED) == [(20, None), (21, corrected.load_id)]
    assert query(
        warehouse, "select row_key is null, row_version is null from ops.quarantine order by line_no"
    ) == [
        (True, False),
        (False, True),
    ]


def test_a_source_without_versions_resolves_by_delivery(warehouse, tmp_path):
    rows = cells(9)
    wrong = [*rows, {**rows[0], "商品编码": "52999999", "人民币": "?"}]
    right = [*rows, {**rows[0], "商品编码": "52999999"}]
    load(warehouse, "customs_statistics", write_download(tmp_path / "a.csv", wrong))
    (later,) = load(warehouse, "customs_statistics", write_download(tmp_path / "b.csv", right))
    assert [load for _, load in query(warehouse, RESOLVED)] == [later.load_id]


def test_the_first_rows_of_a_refused_file_are_stored_in_a_table_of_their_own(warehouse, tmp_path: Path):
    path = write(
        tmp_path / "a.csv", [*orders(10), *(order(订单号="X", 行号=str(n), 数量="0") for n in range(1, 1501))]
    )
    (refused,) = load(warehouse, "enterprise_orders", path)
    assert refused.status == "refused"
    assert one(warehouse, ALL) == 0
    assert query(
        warehouse,
        "select load_id, count(*), min(line_no), max(line_no), min(cells ->> '订单号'), min(rule_codes[1])"
        " from ops.refused_row group by 1",
    ) == [(refused.load_id, 1000, 12, 1011, "X", "quantity_positive")]


def test_the_rows_of_a_delivery_are_counted_by_enterprise(warehouse, tmp_path):
    """Two mills in one file; the second delivery repeats rows, amends one and adds a new and a bad one."""
    first = [*items(3), *items(2, 报关单号="310120200000000002", 境内发货人=enterprise(1))]
    load(warehouse, "customs_exports", write(tmp_path / "a.csv", first))
    amended = {**first[0], "统计美元价": "7001.00", "更新时间": "2020-09-18 08:00:00"}
    late = {**first[1], "统计美元价": "6999.00", "更新时间": "2020-09-01 08:00:00"}
    second = [
        *(amended, late, *first[2:]),
        *items(1, 报关单号="310120200000000003", 境内发货人=enterprise(2)),
        *items(1, 报关单号="310120200000000004", 统计美元价="-1"),
    ]
    (result,) = load(warehouse, "customs_exports", write(tmp_path / "b.csv", second))
    assert (result.accepted, result.unchanged, result.quarantined) == (3, 3, 1)
    assert query(
        warehouse,
        "select load_id, enterprise_uscc, rows_in, accepted, unchanged, quarantined, dated"
        " from ops.load_enterprise order by 1, 2",
    ) == sorted(
        [
            (1, MILL_B, 3, 3, 0, 0, 3),
            (1, enterprise(1), 2, 2, 0, 0, 2),
            (2, MILL_B, 4, 2, 1, 1, 2),
            (2, enterprise(1), 2, 0, 2, 0, 0),
            (2, enterprise(2), 1, 1, 0, 0, 1),
        ]
    )


def test_rejected_rows_require_a_new_release(new_warehouse, published, tmp_path):
    settings = new_warehouse(published)
    assert current_release.is_up_to_date(settings)
    (known,) = load(settings, "enterprise_orders", write(tmp_path / "known.csv", orders(11)))
    assert (known.unchanged, current_release.is_up_to_date(settings)) == (11, True)
    rows = [*orders(12), order(行号="13", 数量="0")]
    (rejecting,) = load(settings, "enterprise_orders", write(tmp_path / "rejecting.csv", rows))
    assert (rejecting.accepted, rejecting.quarantined, current_release.is_up_to_date(settings)) == (
        0,
        1,
        False,
    )
