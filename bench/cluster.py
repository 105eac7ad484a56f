"""A cluster of any number of lines: three years of it straight into raw, and days of it as files.

Mills, customers, products and markets are the same at every size, and every month has them all: what grows is
how many lines a day has.
"""

import csv
import datetime as dt
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from stdnum.cn import uscc

from bench.timing import say
from include.settings import Role, Settings
from include.sources.contract import contract
from include.sources.lookups import seed
from include.warehouse.connection import connect, scalar

FIRST_DAY = dt.date(2017, 10, 1)
# The history ends the day before: in the middle of a week, near a month's end.
NEXT_DAY = dt.date(2020, 9, 28)
DAYS = (NEXT_DAY - FIRST_DAY).days
ITEMS_SHARE = 0.5  # declaration items per order line
_MILLS = 200
_CUSTOMERS = 30  # of each mill, half of them at home
_COUNTRIES = (
    "array['VNM', 'IDN', 'KHM', 'THA', 'MYS', 'USA', 'CAN', 'MEX', 'DEU', 'FRA',"
    " 'ITA', 'ESP', 'GBR', 'JPN', 'KOR', 'BGD', 'PAK', 'ARE', 'EGY', 'BRA']"
)
_PROVINCES = "array['33', '44', '32', '35', '37', '31', '11', '51', '42', '41']"
# A mill makes two of them, four places apart; the last four are the others' groups.
_PRODUCTS = (
    "array['52094200', '52081200', '52084200', '54071020', '52114200', '52101100', '52051200', '63021010']"
)
_UNIT = "case hs_code when '52051200' then 'kg' when '63021010' then 'piece' else 'm' end"

# A line by its number n: each number stands for a mill, a customer (a country) of it and a product, in turn.
_ORDER = f"""
    select (%(mills)s::text[])[1 + mill] as enterprise_uscc, 'N' || n as order_no, 1 as line_no,
        day as order_date, 'C' || customer as customer_code,
        case when is_domestic then 'CHN' else ({_COUNTRIES})[1 + (customer + mill) %% 20] end as country,
        case when is_domestic then ({_PROVINCES})[1 + (customer + mill) %% 10] end as province,
        hs_code, amount / 20 as quantity, {_UNIT} as unit, 20 as unit_price, amount,
        case when is_domestic then 'CNY' else 'USD' end as currency, 150 as fabric_width_cm,
        340 as fabric_gsm, 'new' as status, day + time '18:00' as updated_at
    from (
        select n, n %% {_MILLS} as mill, n / {_MILLS} %% {_CUSTOMERS} as customer,
            n / {_MILLS} %% {_CUSTOMERS} < {_CUSTOMERS // 2} as is_domestic,
            ({_PRODUCTS})[1 + n %% 4 + 4 * (n / {_MILLS * _CUSTOMERS} %% 2)] as hs_code,
            1000 + 20 * (n * 7919 %% 5000) as amount,
            %(first_day)s::date + (n * %(days)s / %(lines)s)::integer as day
        from generate_series(%(after)s::bigint, %(after)s::bigint + %(lines)s::bigint - 1) as n
    ) as numbered"""
_ITEM = f"""
    select '3' || lpad(n::text, 17, '0') as declaration_no, 1 as item_no, day as export_date,
        (%(mills)s::text[])[1 + n %% {_MILLS}] as consignor_uscc, hs_code,
        ({_COUNTRIES})[1 + n / {_MILLS} %% 20] as destination_country,
        case when n %% 50 = 7 then '0214' else '0110' end as trade_mode, '33149' as source_district,
        fob_usd / 3 as quantity_1, {_UNIT} as unit_1, fob_usd as transaction_amount, 'USD' as currency,
        fob_usd, fob_usd * 7 as fob_cny, 'normal' as status, day + time '18:00' as updated_at
    from (
        select n, 600 + 3 * (n * 7919 %% 20000) as fob_usd,
            ({_PRODUCTS})[1 + n %% 4 + 4 * (n / {_MILLS * 20} %% 2)] as hs_code,
            %(first_day)s::date + (n * %(days)s / %(lines)s)::integer as day
        from generate_series(%(after)s::bigint, %(after)s::bigint + %(lines)s::bigint - 1) as n
    ) as numbered"""
# A download of each finished month: the cluster's province exports three times what the cluster declares.
_STATISTICS = """
    insert into raw.customs_statistics (month, flow, currency, hs_code, partner_code, regime_code,
        province_code, quantity_1, unit_1, value, _load_id, _line_no)
    select month, 'export', 'CNY', hs_code, partner_code, '10', province_code, quantity * multiple, unit_1,
        value * multiple, %(load)s, row_number() over ()
    from (
        select date_trunc('month', export_date::timestamp)::date as month, hs_code, unit_1,
            partner_code, sum(quantity_1) as quantity, sum(fob_cny) as value
        from raw.customs_exports inner join unnest(%(countries)s::text[], %(partners)s::text[])
            as partners (country_code, partner_code) on destination_country = country_code
        where export_date < date_trunc('month', %(next_day)s::date::timestamp)::date
        group by 1, 2, 3, 4
    ) as exported
    cross join (values ('33', 3), ('32', 2), ('44', 4)) as provinces (province_code, multiple)"""
_ROWS = {"enterprise_orders": _ORDER, "customs_exports": _ITEM}
SOURCES = tuple(_ROWS)


def fill(settings: Settings, lines: int) -> dict[str, int]:
    """Put ``lines`` order lines and half as many items into raw, day after day, and the customs statistics.

    Returns the rows by source.
    """
    made = {}
    with connect(settings, Role.ADMIN, autocommit=True) as connection:
        for source, rows in _lines(lines).items():
            say(f"history of {source}: {rows:,} rows")
            with connection.transaction():
                made[source] = _loaded(connection, source, partial(_fill_lines, source=source, rows=rows))
        with connection.transaction():
            made["customs_statistics"] = _loaded(connection, "customs_statistics", _fill_statistics)
        for source in made:
            connection.execute(f"vacuum (analyze) raw.{source}".encode())
        connection.execute("checkpoint")
    return made


def _loaded(
    connection: psycopg.Connection, source: str, fill_rows: Callable[[psycopg.Connection, int], int]
) -> int:
    """Put rows into raw past the gate, with what a load leaves in ops; returns how many."""
    load_id = scalar(
        connection,
        "insert into ops.load (source, file_name, sha256, size_bytes)"
        " values (%(source)s, 'history', 'history', 0) returning load_id",
        {"source": source},
    )
    rows = fill_rows(connection, load_id)
    connection.execute(
        "update ops.load set status = 'accepted', rows_in = %(rows)s, accepted = %(rows)s, unchanged = 0,"
        " quarantined = 0, finished_at = clock_timestamp() where load_id = %(load)s",
        {"rows": rows, "load": load_id},
    )
    connection.execute(
        "insert into ops.load_enterprise"
        " (load_id, rows_in, accepted, unchanged, quarantined, dated, days_late)"
        " values (%(load)s, %(rows)s, %(rows)s, 0, 0, 0, 0)",
        {"load": load_id, "rows": rows},
    )
    connection.execute(
        "insert into ops.load_month (load_id, source, month) select %(load)s, %(source)s, month::date"
        " from generate_series(%(first)s::timestamp, %(next)s::timestamp, '1 month') as months (month)",
        {"load": load_id, "source": source, "first": FIRST_DAY, "next": NEXT_DAY},
    )
    return rows


def _fill_lines(connection: psycopg.Connection, load_id: int, source: str, rows: int) -> int:
    columns = _columns(connection, source, rows)
    # As a first load of a million rows does it: the key is built once they are there.
    connection.execute(f"alter table raw.{source} drop constraint {source}_pkey".encode())
    inserted = connection.execute(
        f"insert into raw.{source} ({columns}, _load_id, _line_no)"
        f" select {columns}, {load_id}, row_number() over () from ({_ROWS[source]}) as made".encode(),
        _values(FIRST_DAY, DAYS, rows, after=0),
    ).rowcount
    key = ", ".join(contract(source).key)
    connection.execute(f"alter table raw.{source} add constraint {source}_pkey primary key ({key})".encode())
    return inserted


def _fill_statistics(connection: psycopg.Connection, load_id: int) -> int:
    countries = seed("countries")
    return connection.execute(
        _STATISTICS.encode(),
        {
            "load": load_id,
            "next_day": NEXT_DAY,
            "countries": countries["country_code"].to_list(),
            "partners": countries["customs_code"].to_list(),
        },
    ).rowcount


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
        f"select * from ({_ROWS[source]}) as made limit 0".encode(), _values(FIRST_DAY, DAYS, lines, after=0)
    )
    return ", ".join(column.name for column in cursor.description or ())
