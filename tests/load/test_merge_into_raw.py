"""Verdicts of rows: accepted, unchanged, superseded, withdrawn, rejected."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import (
    Row,
    business_state,
    cell,
    cells,
    items,
    load,
    one,
    order,
    orders,
    query,
    warehouse_state,
    write,
    write_download,
)

from include.load import compare_with_raw, drop_folder, load_log, merge_into_raw
from include.settings import Role, Settings
from include.sources import read
from include.sources.contract import contract
from include.sources.counts import ReadCounts
from include.sources.manifest import Manifest
from include.sources.profile import canonical
from include.warehouse import load_table
from include.warehouse.connection import connect

LINES = "select line_no, quantity, status from raw.enterprise_orders order by line_no"
HISTORY = "select line_no, quantity, status from raw.enterprise_orders_history order by line_no, updated_at"
CELLS = "select hs_code, partner_code, value from raw.customs_statistics order by 1, 2"
CELLS_HISTORY = "select hs_code, partner_code, value from raw.customs_statistics_history order by 1, 2"


def amended(day: int, quantity: int, **changes: str) -> Row:
    """Version of line 1 as of a day of September, known by its quantity."""
    at = f"2020-09-{day:02} 10:00:00"
    return order(更新时间=at, 数量=str(quantity), 金额=f"{quantity * 20.5:.2f}", **changes)


def counts(settings: Settings, source: str, path: Path) -> tuple[str, int, int, int]:
    (result,) = load(settings, source, path)
    return result.status, result.accepted, result.unchanged, result.quarantined


def test_rows_are_conserved(warehouse, tmp_path):
    rows = [*orders(9), order(行号="0"), order(行号="10", 数量="-5"), order(行号="3")]
    (result,) = load(warehouse, "enterprise_orders", write(tmp_path / "a.csv", rows))
    assert (result.rows_in, result.accepted, result.unchanged, result.quarantined) == (12, 9, 1, 2)
    assert query(warehouse, "select rows_in, accepted, unchanged, quarantined from ops.load") == [
        (12, 9, 1, 2)
    ]
    assert one(warehouse, "select count(*) from raw.enterprise_orders") == 9
    assert query(warehouse, "select line_no, rule_codes[1] from ops.quarantine order by 1") == [
        (11, "line_no_positive"),
        (12, "quantity_positive"),
    ]


def test_the_same_bytes_are_a_duplicate_whatever_their_name(warehouse, tmp_path):
    first = write(tmp_path / "a.csv", orders(3))
    load(warehouse, "enterprise_orders", first)
    before = warehouse_state(warehouse), query(warehouse, "select * from ops.load")
    assert counts(warehouse, "enterprise_orders", first)[0] == "duplicate"
    other = tmp_path / "b.csv"
    other.write_bytes(first.read_bytes())
    assert counts(warehouse, "enterprise_orders", other)[0] == "duplicate"
    assert (warehouse_state(warehouse), query(warehouse, "select * from ops.load")) == before


def test_the_same_rows_in_other_bytes_are_unchanged(warehouse, tmp_path):
    rows = orders(5)
    load(warehouse, "enterprise_orders", write(tmp_path / "a.csv", rows))
    before = warehouse_state(warehouse)
    turned, backwards = rows[::-1], list(rows[0])[::-1]
    others = [
        write(tmp_path / "rows.csv", turned),
        write(tmp_path / "columns.csv", rows, columns=backwards),
        write(tmp_path / "gb.csv", rows, encoding="gb18030"),
        write(tmp_path / "bom.csv", turned, encoding="utf-8-sig", columns=backwards),
    ]
    results = load(warehouse, "enterprise_orders", *others)
    assert [(r.status, r.accepted, r.unchanged) for r in results] == [("accepted", 0, 5)] * 4
    assert warehouse_state(warehouse) == before


def test_a_newer_version_is_current_and_the_old_one_is_history(warehouse, tmp_path):
    load(warehouse, "enterprise_orders", write(tmp_path / "a.csv", [amended(1, 100), order(行号="2")]))
    newer = write(tmp_path / "b.csv", [amended(2, 150, 状态="变更")])
    assert counts(warehouse, "enterprise_orders", newer) == ("accepted", 1, 0, 0)
    assert query(warehouse, LINES) == [(1, 150, "amended"), (2, 1000, "new")]
    assert query(warehouse, HISTORY) == [(1, 100, "new")]
    assert query(warehouse, "select _load_id, _superseded_by from raw.enterprise_orders_history") == query(
        warehouse, "select min(load_id), max(load_id) from ops.load"
    )


def test_an_older_version_that_arrives_late_is_history(warehouse, tmp_path):
    load(warehouse, "enterprise_orders", write(tmp_path / "a.csv", [amended(5, 150)]))
    late = write(tmp_path / "b.csv", [amended(3, 100)])
    assert counts(warehouse, "enterprise_orders", late) == ("accepted", 1, 0, 0)
    assert query(warehouse, LINES) == [(1, 150, "new")]
    assert query(warehouse, HISTORY) == [(1, 100, "new")]
    again = write(tmp_path / "c.csv", [amended(3, 100)], encoding="utf-8-sig")
    assert counts(warehouse, "enterprise_orders", again) == ("accepted", 0, 1, 0)
    assert query(warehouse, HISTORY) == [(1, 100, "new")]


def test_of_two_versions_of_one_moment_the_later_delivery_is_current(warehouse, tmp_path):
    first = [amended(5, 100)]
    load(warehouse, "enterprise_orders", write(tmp_path / "a.csv", first))
    load(warehouse, "enterprise_orders", write(tmp_path / "b.csv", [amended(5, 120)]))
    assert query(warehouse, LINES) == [(1, 120, "new")]
    # The first content delivered again becomes current again.
    load(warehouse, "enterprise_orders", write(tmp_path / "c.csv", first, encoding="utf-8-sig"))
    assert query(warehouse, LINES) == [(1, 100, "new")]
    assert sorted(query(warehouse, HISTORY)) == [(1, 100, "new"), (1, 120, "new")]


def test_cancelled_lines_and_deleted_items_remain_with_their_status(warehouse, tmp_path):
    load(warehouse, "enterprise_orders", write(tmp_path / "a.csv", orders(2)))
    cancelled = order(状态="取消", 数量="0", 金额="0", 更新时间="2020-09-09 09:00:00")
    load(warehouse, "enterprise_orders", write(tmp_path / "b.csv", [cancelled]))
    assert query(warehouse, LINES) == [(1, 0, "cancelled"), (2, 1000, "new")]
    load(warehouse, "customs_exports", write(tmp_path / "c.csv", items(2)))
    deleted = items(1, 状态="删除", 更新时间="2020-09-20 09:00:00")
    load(warehouse, "customs_exports", write(tmp_path / "d.csv", deleted))
    assert query(warehouse, "select item_no, status from raw.customs_exports order by 1") == [
        (1, "deleted"),
        (2, "normal"),
    ]
    assert query(warehouse, "select item_no, status from raw.customs_exports_history") == [(1, "normal")]


def download(folder: Path, name: str, rows: list[Row], **values: str) -> Path:
    manifest = "".join(f"{key}: {value}\n" for key, value in {"flow": "export", **values}.items())
    return write_download(folder / name, rows, manifest)


def test_a_download_replaces_its_slice(warehouse, tmp_path):
    load(warehouse, "customs_statistics", download(tmp_path, "a.csv", cells(3)))
    other_flow = download(tmp_path, "b.csv", cells(3), flow="import")
    other_month = download(tmp_path, "c.csv", cells(3, 数据年月="202008"))
    load(warehouse, "customs_statistics", other_flow, other_month)
    revised = [cell(商品编码="52094200", 人民币="1"), cell(商品编码="52094201", 贸易伙伴编码="142")]
    assert counts(warehouse, "customs_statistics", download(tmp_path, "d.csv", revised))[:3] == (
        *("accepted", 2),
        0,
    )
    september = CELLS.replace("order", "where month = '2020-09-01' and flow = 'export' order")
    # A code that is not in the download keeps its rows, because the query did not include it.
    assert query(warehouse, september) == [
        ("52094200", "141", 1),
        ("52094201", "142", 5848714),
        ("52094202", "141", 5848714),
    ]
    assert query(warehouse, CELLS_HISTORY) == [("52094200", "141", 5848714), ("52094201", "141", 5848714)]
    assert one(warehouse, "select count(*) from raw.customs_statistics") == 9
    assert one(warehouse, "select removed from ops.load order by load_id desc limit 1") == 1


def test_a_filtered_download_replaces_only_the_rows_of_its_filter(warehouse, tmp_path):
    three_partners = [cell(贸易伙伴编码="141"), cell(贸易伙伴编码="142"), cell(贸易伙伴编码="502")]
    load(warehouse, "customs_statistics", download(tmp_path, "a.csv", three_partners))
    vietnam = [cell(贸易伙伴编码="141", 人民币="2")]
    filtered = download(tmp_path, "b.csv", vietnam, filtered_by="[partner_code]")
    load(warehouse, "customs_statistics", filtered)
    assert query(warehouse, CELLS) == [
        ("52094200", "141", 2),
        ("52094200", "142", 5848714),
        ("52094200", "502", 5848714),
    ]


def test_downloads_split_by_different_dimensions_do_not_replace_each_other(warehouse, tmp_path):
    load(warehouse, "customs_statistics", download(tmp_path, "a.csv", [cell(), cell(贸易伙伴编码="142")]))
    total = {k: v for k, v in cell(人民币="9").items() if not k.startswith("贸易伙伴")}
    load(warehouse, "customs_statistics", download(tmp_path, "b.csv", [total]))
    by_partner = [("52094200", "141", 5848714), ("52094200", "142", 5848714)]
    assert query(warehouse, CELLS) == [*by_partner, ("52094200", "ALL", 9)]
    load(warehouse, "customs_statistics", download(tmp_path, "c.csv", [total | {"人民币": "8"}]))
    assert query(warehouse, CELLS) == [*by_partner, ("52094200", "ALL", 8)]


def test_a_rejected_row_is_not_withdrawn(warehouse, tmp_path):
    rows = cells(8)
    load(warehouse, "customs_statistics", download(tmp_path, "a.csv", rows))
    before = business_state(warehouse, "customs_statistics")
    bad = [rows[0] | {"人民币": "many"}, *rows[1:]]
    assert counts(warehouse, "customs_statistics", download(tmp_path, "b.csv", bad)) == ("accepted", 0, 7, 1)
    assert business_state(warehouse, "customs_statistics") == before


@pytest.mark.parametrize(
    ("source", "good", "bad"),
    [
        ("enterprise_orders", orders(4), [amended(9, 7), *[order(行号="0")] * 3]),
        ("customs_exports", items(4), items(4, 统计人民币价="-1", 更新时间="2020-10-01 00:00:00")),
    ],
)
def test_a_refused_load_leaves_everything_as_it_was(warehouse, tmp_path, source, good, bad):
    load(warehouse, source, write(tmp_path / "a.csv", [*good, *good[:1]]))
    before = warehouse_state(warehouse)
    assert counts(warehouse, source, write(tmp_path / "b.csv", bad))[0] == "refused"
    assert warehouse_state(warehouse) == before
    assert query(warehouse, "select relname from pg_class where relnamespace = 'load'::regnamespace") == []


KEY = "select count(*) from pg_index where indrelid = 'raw.enterprise_orders'::regclass and indisprimary"


@pytest.mark.parametrize("has_reader", [False, True])
def test_a_first_load_in_bulk_has_its_key_again(warehouse, tmp_path, monkeypatch, has_reader):
    """The key of an empty table is built after its rows, unless that would have to wait for a reader."""
    monkeypatch.setattr(merge_into_raw, "_BULK_ROWS", 1)
    before = one(warehouse, "select pg_relation_filenode('raw.enterprise_orders')")
    with connect(warehouse, Role.TRANSFORMER) as reader:
        if has_reader:
            reader.execute("select from raw.enterprise_orders")
        first = write(tmp_path / "a.csv", [*orders(5), amended(2, 7), order(行号="5")])
        assert counts(warehouse, "enterprise_orders", first) == ("accepted", 6, 1, 0)
    was_rebuilt = one(warehouse, "select pg_relation_filenode('raw.enterprise_orders')") != before
    assert (was_rebuilt, one(warehouse, KEY)) == (not has_reader, 1)
    second = write(tmp_path / "b.csv", [*orders(6), amended(3, 8)])
    assert counts(warehouse, "enterprise_orders", second)[0] == "accepted"
    assert [quantity for _, quantity, _ in query(warehouse, LINES)] == [8, *[1000] * 5]
    assert sorted(query(warehouse, HISTORY)) == [(1, 7, "new"), (1, 1000, "new")]


@pytest.mark.parametrize("of_second", ["the same twice", "the same and another", "another and the same"])
def test_a_key_that_is_in_raw_and_twice_in_the_file(warehouse, tmp_path, of_second):
    load(warehouse, "customs_statistics", download(tmp_path, "a.csv", cells(2)))
    same, other = cells(2), cell(人民币="1")
    rows = {
        "the same twice": [*same, same[0]],
        "the same and another": [*same, other],
        "another and the same": [other, *same],
    }[of_second]
    (result,) = load(warehouse, "customs_statistics", download(tmp_path, "b.csv", rows * 4))
    if of_second == "the same twice":
        assert (result.status, result.accepted, result.unchanged) == ("accepted", 0, 12)
    else:  # it is not known which is correct
        assert (result.status, result.failed_rules[-1]) == ("refused", "row_is_unambiguous")
    assert query(warehouse, CELLS) == [("52094200", "141", 5848714), ("52094201", "141", 5848714)]


# (line, minute): a version of a line; its content follows from both.
VERSIONS = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 5)), min_size=1, max_size=8, unique=True)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[tuple[int, int]], list[list[list[tuple[int, int]]]]]:
    """Versions, and the same versions in batches of files: in any order and split, some sent twice."""
    versions = draw(VERSIONS)
    sent = draw(st.permutations([*versions, *draw(st.lists(st.sampled_from(versions), max_size=4))]))
    batches: list[list[list[tuple[int, int]]]] = [[[]]]
    for version in sent:
        match draw(st.sampled_from(["same file", "next file", "next batch"])):
            case "next file":
                batches[-1].append([])
            case "next batch":
                batches.append([[]])
        batches[-1][-1].append(version)
    return versions, [[file for file in batch if file] for batch in batches if any(batch)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deliveries")


@pytest.fixture(scope="module")
def accepted_total(module_warehouse: Settings, folder: Path) -> Callable[..., tuple[int, int]]:
    """Merge batches of order lines without validation; returns rows accepted and unchanged."""
    of = contract("enterprise_orders")

    def merge_all(batches: list[list[Path]]) -> tuple[int, int]:
        total = [0, 0]
        with connect(module_warehouse, Role.LOADER, autocommit=True) as connection:
            for batch in batches:
                loads = [
                    load_log.begin(connection, of.source, None, drop_folder.fingerprint(path, folder), None)
                    for path in batch
                ]
                table = load_table.create(connection, of, loads[0])
                for path, load_id in zip(batch, loads, strict=True):
                    file = read.DeliveredFile(path, of, canonical(of.source), Manifest(), folder)
                    blocks = read.blocks(file, ReadCounts())
                    load_table.copy_blocks(connection, table, load_id, blocks)
                load_table.finish(connection, table)
                compare_with_raw.compare(connection, table, loads)
                with connection.transaction():
                    for done in merge_into_raw.merge(connection, table, loads).values():
                        total = [total[0] + done.accepted, total[1] + done.unchanged]
                load_table.drop(connection, table)
        return total[0], total[1]

    return merge_all


@settings(max_examples=25, deadline=None)
@given(deliveries())
def test_state_does_not_depend_on_how_versions_arrive(module_warehouse, accepted_total, folder, drawn):
    versions, batches = drawn
    query(module_warehouse, "truncate raw.enterprise_orders, raw.enterprise_orders_history")
    paths = [
        [
            write(
                folder / f"{b}_{f}.csv",
                [
                    order(行号=str(line), 更新时间=f"2020-09-01 10:0{at}:00", 品名=f"v{at}")
                    for line, at in file
                ],
            )
            for f, file in enumerate(batch)
        ]
        for b, batch in enumerate(batches)
    ]
    sent = sum(len(file) for batch in batches for file in batch)
    assert accepted_total(paths) == (len(versions), sent - len(versions))
    latest = {line: max(at for other, at in versions if other == line) for line, _ in versions}
    state = "select line_no, product_name from raw.enterprise_orders{} order by 1, 2"
    assert query(module_warehouse, state.format("")) == [(n, f"v{at}") for n, at in sorted(latest.items())]
    assert query(module_warehouse, state.format("_history")) == [
        (line, f"v{at}") for line, at in sorted(versions) if latest[line] != at
    ]
