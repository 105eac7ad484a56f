"""Lines of raw for scenarios, with defaults for the columns that a test does not give."""

import itertools
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from tests.samples import MILL_A

HS_CODES = {
    "denim": "52094200",
    "white_cloth": "52081200",
    "yarn_dyed": "52084200",
    "yarn": "52051200",
}
_ORDER = {
    "enterprise_uscc": MILL_A,
    "order_no": "S",
    "customer_code": "C1",
    "country": "CHN",
    "quantity": 1,
    "unit": "m",
    "unit_price": 1,
    "currency": "CNY",
    "status": "new",
}
_ITEM = {
    "declaration_no": "S",
    "consignor_uscc": MILL_A,
    "destination_country": "VNM",
    "trade_mode": "0110",
    "source_district": "33149",
    "quantity_1": 1,
    "unit_1": "m",
    "status": "normal",
}
_STATISTIC = {
    "flow": "export",
    "currency": "CNY",
    "partner_code": "ALL",
    "regime_code": "ALL",
    "province_code": "ALL",
}
_LINEAGE = {"_load_id": 1, "_line_no": 1}
_number = itertools.count(1)


class Line(NamedTuple):
    """A row of a table of raw."""

    table: str
    values: dict[str, Any]


def order(product: str, day: str, amount: Any, **columns: Any) -> Line:
    """An order line of a product (a key of HS_CODES, or a code); ``columns`` as raw names them."""
    values = {"hs_code": HS_CODES.get(product, product), "order_date": day, "amount": amount}
    return Line(
        "enterprise_orders",
        {**_ORDER, "line_no": next(_number), "updated_at": day, **values, **columns, **_LINEAGE},
    )


def item(product: str, day: str, fob_cny: Any, **columns: Any) -> Line:
    """An item of a declaration; fob_usd is a seventh of the yuan by default."""
    values = {
        "hs_code": HS_CODES.get(product, product),
        "export_date": day,
        "fob_cny": fob_cny,
        "fob_usd": round(float(fob_cny) / 7, 2),
    }
    return Line(
        "customs_exports",
        {**_ITEM, "item_no": next(_number), "updated_at": day, **values, **columns, **_LINEAGE},
    )


def statistic(product: str, month: str, value: Any, **columns: Any) -> Line:
    """A row of the customs statistics; ``month`` is its first day."""
    values = {"hs_code": HS_CODES.get(product, product), "month": month, "value": value}
    return Line("customs_statistics", {**_STATISTIC, **values, **columns, **_LINEAGE})


def insert(connection: psycopg.Connection, lines: list[Line]) -> None:
    """Put lines into raw, past the load gate."""
    with connection.cursor() as cursor:
        for line in lines:
            names = sql.SQL(", ").join(sql.Identifier(name) for name in line.values)
            marks = sql.SQL(", ").join(sql.Placeholder() for _ in line.values)
            cursor.execute(
                sql.SQL("insert into raw.{} ({}) values ({})").format(
                    sql.Identifier(line.table), names, marks
                ),
                list(line.values.values()),
            )
