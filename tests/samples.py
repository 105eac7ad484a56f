"""Sample rows of the three sources, files of them, and queries on the warehouse."""

import csv
import io
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
from stdnum.cn import uscc

from include.load import loading
from include.load.load_log import FileResult
from include.release import store
from include.settings import Role, Settings
from include.sources import read
from include.sources.contract import contract
from include.sources.manifest import manifest
from include.sources.profile import Profile, canonical
from include.warehouse.connection import connect

Row = dict[str, str]

MILL_A = "91110000600037341L"
MILL_B = "91350100M000100Y43"

_ORDER = {
    "统一社会信用代码": MILL_A,
    "订单号": "SO-1",
    "行号": "1",
    "订单日期": "2020-09-01",
    "发货日期": "2020-09-20",
    "客户编码": "C001",
    "客户名称": "广州服装厂",
    "国家地区": "中国",
    "省份": "广东",
    "商品编码": "52094200",
    "品名": "牛仔布",
    "数量": "1000",
    "单位": "米",
    "单价": "20.5",
    "金额": "20500.00",
    "币种": "CNY",
    "贸易术语": "",
    "门幅": "150",
    "克重": "340",
    "状态": "正常",
    "更新时间": "2020-09-01 10:30:00",
}
_ITEM = {
    "报关单号": "310120200000000001",
    "项号": "1",
    "出口日期": "2020-09-15",
    "境内发货人": MILL_B,
    "商品编码": "5208120000",
    "商品名称": "未漂白布",
    "最终目的国": "越南",
    "监管方式": "0110",
    "境内货源地": "33149",
    "法定第一数量": "5000",
    "法定第一单位": "030",
    "法定第二数量": "800",
    "法定第二单位": "035",
    "成交总价": "7000.00",
    "币制": "USD",
    "成交方式": "FOB",
    "统计美元价": "7000.00",
    "统计人民币价": "48000.00",
    "状态": "正常",
    "更新时间": "2020-09-16 08:00:00",
}
_CELL = {
    "数据年月": "202009",
    "商品编码": "52094200",
    "商品名称": "劳动布",
    "贸易伙伴编码": "141",
    "贸易伙伴名称": "越南",
    "贸易方式编码": "10",
    "贸易方式名称": "一般贸易",
    "注册地编码": "33",
    "注册地名称": "浙江省",
    "第一数量": "214847",
    "第一计量单位": "米",
    "第二数量": "0",
    "第二计量单位": "?",
    "人民币": "5,848,714",
}


def order(**changes: str) -> Row:
    """A good order line; ``changes`` by Chinese header."""
    return _ORDER | changes


def orders(count: int, **changes: str) -> list[Row]:
    """Good lines 1, 2, ... of one order."""
    return [order(行号=str(n), **changes) for n in range(1, count + 1)]


def item(**changes: str) -> Row:
    """A good declaration item."""
    return _ITEM | changes


def items(count: int, **changes: str) -> list[Row]:
    """Good items 1, 2, ... of one declaration."""
    return [item(项号=str(n), **changes) for n in range(1, count + 1)]


def cell(**changes: str) -> Row:
    """A good row of a statistics download."""
    return _CELL | changes


def cells(count: int, **changes: str) -> list[Row]:
    """Good rows for one month and several commodities."""
    return [cell(商品编码=str(52094200 + n), **changes) for n in range(count)]


def enterprise(number: int) -> str:
    """A valid USCC; the same number gives the same one."""
    body = f"91330781MA{number:07d}"
    return body + uscc.calc_check_digit(body)


def csv_text(rows: Sequence[Row], columns: Sequence[str] | None = None) -> str:
    """The rows as CSV with a header."""
    out = io.StringIO()
    names = columns or list(rows[0])
    writer = csv.DictWriter(out, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def write(
    path: Path, rows: Sequence[Row], encoding: str = "utf-8", columns: Sequence[str] | None = None
) -> Path:
    """A CSV file of the rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(csv_text(rows, columns).encode(encoding))
    return path


def write_download(path: Path, rows: Sequence[Row], manifest: str | None = "flow: export\n") -> Path:
    """A statistics download as the portal writes it: GB18030, all quoted, a comma at every line's end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [list(rows[0]), *(row.values() for row in rows)]
    text = "".join("".join(f'"{value}",' for value in line) + "\n" for line in lines)
    path.write_bytes(text.encode("gb18030"))
    if manifest is not None:
        path.with_name(f"{path.name}.yml").write_text(manifest, encoding="utf-8")
    return path


def delivered(
    path: Path, source: str = "enterprise_orders", profile: Profile | None = None
) -> read.DeliveredFile:
    """A file with its manifest, to be read by the profile or by the contract's own headers."""
    of = contract(source)
    return read.DeliveredFile(
        path, of, profile or canonical(source), manifest(path, of), path.parent / "unpacked"
    )


def raw_lines(path: Path, *lines: int) -> dict[int, str]:
    """Rows as they were delivered, by their line number."""
    return {record.line_no: record.raw_line for record in read.records(delivered(path), pl.Series(lines))}


def load(settings: Settings, source: str, *paths: Path, profile: str | None = None) -> list[FileResult]:
    """Load files as a person or a DAG would, and check that no row is lost."""
    results = loading.load_files(settings, source, paths, profile)
    assert [r.status for r in results if r.status not in ("accepted", "refused", "duplicate")] == []
    for result in results:
        if result.status == "accepted":
            assert result.rows_in == result.accepted + result.unchanged + result.quarantined
    return results


def environment(settings: Settings) -> dict[str, str]:
    """Variables for the command line to use this warehouse."""
    passwords = {f"TEXTILE_{role.value.upper()}_PASSWORD": settings.password(role) for role in Role}
    return {
        "TEXTILE_HOME": str(settings.home),
        "TEXTILE_PG_PORT": str(settings.pg_port),
        "TEXTILE_PG_DATABASE": settings.pg_database,
        **passwords,
    }


@contextmanager
def logged() -> Iterator[list[str]]:
    """The messages that our modules log meanwhile."""
    lines: list[str] = []
    ours, handler = logging.getLogger("include"), logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    level = ours.level
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        ours.setLevel(level)
        ours.removeHandler(handler)


def query(settings: Settings, statement: str, *values: Any, role: Role = Role.ADMIN) -> list[tuple[Any, ...]]:
    """Rows of a query."""
    with psycopg.connect(settings.dsn(role)) as connection:
        cursor = connection.execute(statement.encode(), values or None)
        return cursor.fetchall() if cursor.description else []


def one(settings: Settings, statement: str, *values: Any, role: Role = Role.ADMIN) -> Any:
    """The one value of a query."""
    ((value,),) = query(settings, statement, *values, role=role)
    return value


def compared(settings: Settings) -> None:
    """Compare the candidate with the newest release, as the validation does at its end."""
    with connect(settings, Role.PUBLISHER) as connection:
        store.compare(connection, store.stored_marts(connection))


def validated_again(settings: Settings) -> int:
    """A build of what is published already that has passed the release gate; returns its number."""
    compared(settings)
    return int(
        one(
            settings,
            "insert into ops.build (status, last_load_id, loads, code_version, is_full)"
            " select 'validated', last_load_id, loads, code_version, false from ops.build"
            " order by build_id desc limit 1 returning build_id",
        )
    )


def contents(settings: Settings, tables: Iterable[str], ignored: Iterable[str] = ()) -> dict[str, list[str]]:
    """Every row of the tables as text, sorted, without the ignored columns."""
    return {
        table: [
            row
            for (row,) in query(
                settings,
                f"select (to_jsonb(t) - %s::text[])::text from {table} as t order by 1",
                list(ignored),
            )
        ]
        for table in tables
    }


def warehouse_state(settings: Settings) -> dict[str, list[str]]:
    """Everything that a refused load must not change."""
    tables = [
        name
        for (name,) in query(
            settings, "select format('%s.%s', schemaname, tablename) from pg_tables where schemaname = 'raw'"
        )
    ]
    return contents(settings, [*tables, "ops.quarantine"])


def business_state(settings: Settings, source: str) -> list[str]:
    """The current rows of a source without where they came from."""
    return contents(settings, [f"raw.{source}"], ["_load_id", "_line_no", "_accepted_at"])[f"raw.{source}"]
