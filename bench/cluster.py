"""A cluster of any number of lines: three years of it straight into raw, and days of it as files.

Mills, customers, products and markets are the same at every size, and every month has them all: what grows is
how many lines a day has.
"""

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import psycopg
from stdnum.cn import uscc

from bench.timing import say
from include.settings import Role, Settings
from include.sources.contract import contract
from include.warehouse.connection import connect

FIRST_DAY = dt.date(2017, 10, 1)
NEXT_DAY = dt.date(
    2020, 9, 28
)  # the history ends the day before, in the middle of a week, near a month's end
_DAYS = (NEXT_DAY - FIRST_DAY).days
ITEMS_SHARE = 0.5  # declaration items per order line
_MILLS = 60
_CUSTOMERS = 20  # of each mill
_PRODUCTS = "array['52094200', '52081200', '52084200', '52051200']"
# A customer's country by its number; half of them are at home.
_COUNTRIES = "array['VNM', 'USA', 'DEU', 'GBR', 'BGD', 'IDN', 'JPN', 'FRA', 'KHM', 'EGY']"
_PROVINCES = "array['33', '44', '32', '35', '37', '31', '11', '51', '42', '41']"

# A line by its number n: each number stands for a mill, a customer of it and a product, in turn.
_ORDER = f"""
    select (%(mills)s::text[])[1 + n %% {_MILLS}] as enterprise_uscc, 'N' || n as order_no, 1 as line_no,
        day as order_date, 'C' || customer as customer_code,
        case when customer < 10 then 'CHN' else ({_COUNTRIES})[customer - 9] end as country,
        case when customer < 10 then ({_PROVINCES})[1 + customer] end as province,
        ({_PRODUCTS})[1 + n / 1200 %% 4] as hs_code, amount / 20 as quantity, 'm' as unit, 20 as unit_price,
        amount, case when customer < 10 then 'CNY' else 'USD' end as currency, 150 as fabric_width_cm,
        340 as fabric_gsm, 'new' as status, day + time '18:00' as updated_at
    from (
        select n, n / {_MILLS} %% {_CUSTOMERS} as customer, 1000 + n * 7919 %% 100000 as amount,
            %(first_day)s::date + (n * %(days)s / %(lines)s)::integer as day
        from generate_series(%(after)s::bigint, %(after)s::bigint + %(lines)s::bigint - 1) as n
    ) as numbered"""
_ITEM = f"""
    select '3' || lpad(n::text, 17, '0') as declaration_no, 1 as item_no, day as export_date,
        (%(mills)s::text[])[1 + n %% {_MILLS}] as consignor_uscc, ({_PRODUCTS})[1 + n / 600 %% 4] as hs_code,
        ({_COUNTRIES})[1 + n / {_MILLS} %% 10] as destination_country,
        case when n %% 50 = 7 then '0214' else '0110' end as trade_mode, '33149' as source_district,
        fob_usd / 3 as quantity_1, 'm' as unit_1, fob_usd / 6 as quantity_2, 'kg' as unit_2,
        fob_usd as transaction_amount, 'USD' as currency, fob_usd, fob_usd * 7 as fob_cny,
        'normal' as status, day + time '18:00' as updated_at
    from (
        select n, 600 + n * 7919 %% 60000 as fob_usd,
            %(first_day)s::date + (n * %(days)s / %(lines)s)::integer as day
        from generate_series(%(after)s::bigint, %(after)s::bigint + %(lines)s::bigint - 1) as n
    ) as numbered"""
_ROWS = {"enterprise_orders": _ORDER, "customs_exports": _ITEM}
SOURCES = tuple(_ROWS)


def fill(settings: Settings, lines: int) -> dict[str, int]:
    """Put ``lines`` order lines and half as many items into raw, day after day; the rows by source."""
    made = {}
    for source, rows in _lines(lines).items():
        say(f"history of {source}: {rows:,} rows")
        of = contract(source)
        with connect(settings, Role.ADMIN) as connection, connection.transaction():
            columns = _columns(connection, source, rows)
            (load_id,) = connection.execute(
                "insert into ops.load (source, file_name, sha256, size_bytes, status, rows_in, accepted,"
                " unchanged, quarantined) values (%s, 'history', 'history', 0, 'accepted', %s, %s, 0, 0)"
                " returning load_id",
                [source, rows, rows],
            ).fetchone() or (0,)
            connection.execute(
                "insert into ops.load_enterprise"
                " (load_id, rows_in, accepted, unchanged, quarantined, dated, days_late)"
                " values (%s, %s, %s, 0, 0, 0, 0)",
                [load_id, rows, rows],
            )
            # As a first load of a million rows does it: the key is built once they are there.
            connection.execute(f"alter table raw.{source} drop constraint {source}_pkey".encode())
            connection.execute(
                f"insert into raw.{source} ({columns}, _load_id, _line_no)"
                f" select {columns}, {load_id}, row_number() over () from ({_ROWS[source]}) as made".encode(),
                _values(FIRST_DAY, _DAYS, rows, after=0),
            )
            connection.execute(
                f"alter table raw.{source} add constraint {source}_pkey"
                f" primary key ({', '.join(of.key)})".encode()
            )
        made[source] = rows
    with connect(settings, Role.ADMIN, autocommit=True) as connection:
        for source in SOURCES:
            connection.execute(f"vacuum (analyze) raw.{source}".encode())
        connection.execute("checkpoint")
    return made


def write_day(settings: Settings, folder: Path, number: int, lines: int, history: int) -> dict[str, Path]:
    """A day's files after a history of ``history`` order lines: ``number`` 0 is the first such day."""
    files = {}
    behind = _lines(history)
    for source, rows in _lines(lines).items():
        after = behind[source] + number * rows
        day = NEXT_DAY + dt.timedelta(days=number)
        with connect(settings, Role.ADMIN) as connection:
            cursor = connection.execute(_ROWS[source].encode(), _values(day, days=0, lines=rows, after=after))
            names = [column.name for column in cursor.description or ()]
            headers = [contract(source).column(name).headers[-1] for name in names]
            files[source] = folder / f"{source}_{number}.csv"
            with files[source].open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(headers)
                writer.writerows(cursor)
    return files


def _lines(order_lines: int) -> dict[str, int]:
    return {"enterprise_orders": order_lines, "customs_exports": int(order_lines * ITEMS_SHARE)}


def _values(first_day: dt.date, days: int, lines: int, after: int) -> dict[str, Any]:
    return {"mills": _mills(), "first_day": first_day, "days": days, "lines": lines, "after": after}


def _mills() -> list[str]:
    bodies = [f"91330781MA{number:07d}" for number in range(_MILLS)]
    return [body + uscc.calc_check_digit(body) for body in bodies]


def _columns(connection: psycopg.Connection, source: str, lines: int) -> str:
    cursor = connection.execute(
        f"select * from ({_ROWS[source]}) as made limit 0".encode(), _values(FIRST_DAY, _DAYS, lines, after=0)
    )
    return ", ".join(column.name for column in cursor.description or ())
