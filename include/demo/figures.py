"""Read the results of the demo: the load log, the quarantine, and the marts as an analyst sees them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from include.demo.synthetic import GenerateResult, NextDay
from include.settings import Role, Settings
from include.warehouse.connection import connect

Row = dict[str, Any]

_LOADS = """
    select
        source, file_name, status, coalesce(rows_in, 0) as rows_in, coalesce(accepted, 0) as accepted,
        coalesce(unchanged, 0) as unchanged, coalesce(quarantined, 0) as quarantined,
        failed_rules, coalesce(message, '') as message, docs_path
    from (
        select distinct on (source, sha256) * from ops.load
        where sha256 = any(%s) order by source, sha256, load_id desc
    ) as newest
    order by load_id
"""
_QUARANTINE = """
    select q.file_name, q.line_no, q.rule_codes, q.reason_zh, q.reason_en
    from ops.quarantine as q inner join ops.load as l using (load_id)
    where l.sha256 = any(%s) order by q.load_id, q.line_no
"""
_DENIM = """
    select month, domestic_value_cny, export_value_cny, domestic_share from marts.dual_circulation
    where product_group = 'denim' and month between '2020-01-01' and '2020-09-01' order by month
"""
_WHITE_CLOTH = """
    select basis, market_group, base_value_cny, value_cny, growth_yoy from marts.growth
    where period_type = 'month' and period_start = '2020-09-01' and product_group = 'white_cloth'
        and market_level = 'group' and market_group in ('ASEAN', 'EU', 'NORTH_AMERICA')
    order by basis desc, market_group
"""
_GUANGDONG = """
    select product_group,
        sum(value_cny) filter (where market_level = 'market' and market_code = '44')
        / nullif(sum(value_cny) filter (where market_level = 'group'), 0) as guangdong_share
    from marts.market_share
    where basis = 'order_book' and market_group = 'DOMESTIC' and product_group in ('denim', 'ALL')
        and month between '2020-01-01' and '2020-09-01'
    group by product_group order by product_group
"""


@dataclass(frozen=True)
class Figures:
    """The figures that the demo prints and checks; loads: the newest of each file."""

    generated: GenerateResult
    day: NextDay
    states: dict[str, str]
    history: list[Row]
    last_day: list[Row]
    quarantine: list[Row]
    release: Row
    denim: list[Row]
    white_cloth: list[Row]
    guangdong: list[Row]

    def domestic_share(self, month: int) -> Decimal | None:
        """Denim's domestic share in a month of 2020, a fraction; None when the mart has none."""
        shares = {row["month"].month: row["domestic_share"] for row in self.denim}
        return shares.get(month)

    def white_cloth_growth(self, basis: str, market_group: str) -> Decimal | None:
        """White cloth's growth in September 2020 against September 2019, a fraction; None as above."""
        growth = {(row["basis"], row["market_group"]): row["growth_yoy"] for row in self.white_cloth}
        return growth.get((basis, market_group))

    def guangdong_share(self, product_group: str) -> Decimal | None:
        """Guangdong's share of domestic sales in January to September 2020, a fraction; None as above."""
        shares = {row["product_group"]: row["guangdong_share"] for row in self.guangdong}
        return shares.get(product_group)


def read(
    settings: Settings,
    generated: GenerateResult,
    history: dict[str, str],
    day: NextDay,
    day_hashes: dict[str, str],
    states: dict[str, str],
) -> Figures:
    """Read all figures; ``history`` and ``day_hashes``: SHA-256 by file name, ``states``: of the day."""
    with connect(settings, Role.LOADER) as connection:
        loads = _rows(connection, _LOADS, list(history.values()))
        last_day = _rows(connection, _LOADS, list(day_hashes.values()))
        quarantine = _rows(connection, _QUARANTINE, [*history.values(), *day_hashes.values()])
    with connect(settings, Role.ANALYST) as connection:
        (release,) = _rows(connection, "select * from marts.release_info")
        return Figures(
            generated=generated,
            day=day,
            states=states,
            history=loads,
            last_day=last_day,
            quarantine=quarantine,
            release=release,
            denim=_rows(connection, _DENIM),
            white_cloth=_rows(connection, _WHITE_CLOTH),
            guangdong=_rows(connection, _GUANGDONG),
        )


def _rows(connection: psycopg.Connection, query: str, *values: Any) -> list[Row]:
    return connection.cursor(row_factory=dict_row).execute(query.encode(), values or None).fetchall()
