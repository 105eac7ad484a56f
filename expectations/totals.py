"""Totals by month, in raw and in the marts: SQL for the release gate and the nightly check.

Raw is read only for the months that may have changed, as ranges of literal days, so that the index of the day
is used.
"""

import datetime as dt
from collections.abc import Callable, Sequence

# SQL of a day (of a month its first day) -> SQL of whether it is compared.
Within = Callable[[str], str]

# The rows of the newest release, also after a rollback to an older one.
NEWEST_RELEASE = """(
    select s.* from store.market_share as s
    inner join (select max(release_id) as release_id from ops.release) as newest
        on s.valid_from_release <= newest.release_id and s.valid_to_release > newest.release_id
)"""


def only(months: Sequence[dt.date] | None) -> Within:
    """These months; None: every month."""
    if months is None:
        return lambda _: "true"
    return lambda day: (
        " or ".join(f"{day} >= date '{m}' and {day} < date '{m}' + interval '1 month'" for m in months)
        or "false"
    )


def all_but(months: Sequence[dt.date]) -> Within:
    """Every month but these."""
    return lambda day: f"not ({only(months)(day)})"


def differing_from_raw(market_share: str, within: Within) -> str:
    """Months and bases that differ from raw in yuan, dollars, lines or lines without a rate.

    ``market_share`` is a relation; dollars and lines are read from the monthly table that every mart uses.
    """
    return f"""
        select month, basis, mart.cny as mart_cny, monthly.cny as monthly_cny, counted.cny as raw_cny,
            monthly.usd as monthly_usd, counted.usd as raw_usd,
            monthly.lines as monthly_lines, counted.lines as raw_lines,
            monthly.unvalued as monthly_unvalued, counted.unvalued as raw_unvalued
        from ({_totals(market_share)}) as mart
        full join ({_MONTHLY}) as monthly using (month, basis)
        full join ({_raw(within)}) as counted using (month, basis)
        where ({within("month")})
            and (mart.cny, monthly.cny, monthly.usd, monthly.lines, monthly.unvalued)
                is distinct from (counted.cny, counted.cny, counted.usd, counted.lines, counted.unvalued)"""  # noqa: S608  (ours)


def differing_from_release(market_share: str, within: Within) -> str:
    """Months and bases whose yuan are not those of the newest release."""
    return f"""
        select month, basis, mart.cny as mart_cny, released.cny as released_cny
        from ({_totals(market_share)}) as mart
        full join ({_totals(NEWEST_RELEASE)}) as released using (month, basis)
        where ({within("month")}) and mart.cny is distinct from released.cny"""  # noqa: S608  (ours)


def unaccounted_for(market_share: str) -> str:
    """Cells whose yuan differ from the newest release by another amount than the loads' changes."""
    return f"""
        select month, basis, product_group, market_group, market_code,
            mart.cny as mart_cny, released.cny as released_cny, loaded.cny as loads_changed_cny
        from ({_cells(market_share)}) as mart
        full join ({_cells(NEWEST_RELEASE)}) as released
            using (month, basis, product_group, market_group, market_code)
        full join (
            select month, basis, product_group, market_group, market_code, sum(value_cny) as cny
            from intermediate.int_releases__changes
            group by month, basis, product_group, market_group, market_code
        ) as loaded using (month, basis, product_group, market_group, market_code)
        where coalesce(mart.cny, 0) - coalesce(released.cny, 0) <> coalesce(loaded.cny, 0)"""  # noqa: S608  (ours)


def _cells(market_share: str) -> str:
    return f"""
        select month, basis, product_group, market_group, market_code, value_cny as cny
        from {market_share} as cells
        where product_group <> 'ALL' and market_level = 'market'"""  # noqa: S608  (our own relations)


def monthly_totals(market_share: str, within: Within) -> str:
    """Months and bases of market_share with their yuan."""
    return f"select * from ({_totals(market_share)}) as mart where {within('month')}"  # noqa: S608  (ours)


def _totals(market_share: str) -> str:
    return f"""
        select month, basis, sum(value_cny) as cny from {market_share} as mart
        where product_group = 'ALL' and market_level = 'group'
        group by month, basis"""  # noqa: S608  (our own relations)


# Dollars are null where those of one line are.
_MONTHLY = """
        select month, basis, sum(line_count) as lines, sum(lines_without_rate) as unvalued,
            sum(value_cny) as cny,
            case when bool_and(value_usd is not null) then sum(value_usd) end as usd
        from intermediate.int_sales__monthly
        group by month, basis"""


def _raw(within: Within) -> str:
    """Order lines at the customs rate of their month, each rounded; cluster items as declared."""
    return f"""
        select month, basis, count(*) as lines, count(*) - count(cny) as unvalued,
            coalesce(sum(cny), 0) as cny,
            case when count(*) = count(usd) then sum(usd) end as usd
        from (
            select date_trunc('month', o.order_date::timestamp)::date as month, 'order_book' as basis,
                round(o.amount * case when o.currency = 'CNY' then 1 else r.cny_per_unit end, 2) as cny,
                case when o.currency = 'USD' then o.amount else round(
                    o.amount * case when o.currency = 'CNY' then 1 else r.cny_per_unit end / d.cny_per_unit, 2
                ) end as usd
            from raw.enterprise_orders as o
            left join intermediate.int_money__exchange_rates as r
                on r.currency = o.currency and r.month = date_trunc('month', o.order_date::timestamp)
            left join intermediate.int_money__exchange_rates as d
                on d.currency = 'USD' and d.month = date_trunc('month', o.order_date::timestamp)
            where o.status in ('new', 'amended') and ({within("o.order_date")})
            union all
            select date_trunc('month', e.export_date::timestamp)::date, 'customs', e.fob_cny, e.fob_usd
            from raw.customs_exports as e
            inner join reference.districts as c on c.district_code = e.source_district and c.is_cluster
            where e.status in ('normal', 'amended') and ({within("e.export_date")})
        ) as accepted
        group by month, basis"""  # noqa: S608  (our own tables and dates)
