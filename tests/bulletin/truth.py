"""The value and the number of mills of every cell that the page could disclose, from the marts."""

from dataclasses import dataclass

from samples import query

from include.settings import Settings

Cell = tuple[str, str, str, str]  # basis, product group, part, month


@dataclass(frozen=True)
class Truth:
    """``values``, ``mills``: of the cells that are not empty. ``legs``: the market groups of each.

    ``groups``: of each market. ``until``: the last month of a basis' year so far.
    """

    values: dict[Cell, float]
    mills: dict[Cell, int]
    legs: dict[str, frozenset[str]]
    groups: dict[str, str]
    until: dict[tuple[str, str], str]


_GROUPS = """
    select basis, product_group, market_group, month::text, value_cny, enterprise_count
    from marts.market_share where market_level = 'group' and value_cny <> 0
"""
_SCOPES = """
    select basis, product_group, market_scope, period_start::text, member_count
    from marts.concentration
    where dimension = 'mills' and period_type = 'month' and market_scope <> 'domestic'
"""
_YEARS = """
    select m.basis, m.product_group, 'year ' || m.market_code, m.period_start::text, m.value_cny, (
        select max(s.enterprise_count) from marts.market_share as s
        where s.basis = m.basis and s.product_group = m.product_group and s.market_code = m.market_code
            and s.month between m.period_start and m.period_end
    )
    from marts.margins as m
    where m.period_type = 'ytd' and m.market_level = 'market' and m.value_cny <> 0
"""
_MATCHED = """
    select basis, product_group, period_start::text, matched_value_cny, matched_base_value_cny,
        value_cny - matched_value_cny, base_value_cny - matched_base_value_cny, mills_new, mills_missing
    from marts.matched_growth where basis = 'order_book' and period_type = 'month' and market_scope = 'all'
"""


def truth_of(settings: Settings) -> Truth:
    """Of the current release, asked with all rights."""
    values: dict[Cell, float] = {}
    mills: dict[Cell, int] = {}
    for *cell, value, count in query(settings, _GROUPS) + query(settings, _YEARS):
        values[tuple(cell)], mills[tuple(cell)] = float(value), count
    legs = {
        leg: frozenset(groups)
        for leg, groups in query(
            settings,
            "select leg, array_agg(market_group) from reference.market_groups"
            " where leg <> 'domestic' group by leg",
        )
    }
    for (basis, product, part, month), value in list(values.items()):
        if part.startswith("year"):
            continue
        scopes = ["all", *([] if part == "DOMESTIC" else ["export"])]
        scopes += [leg for leg, members in legs.items() if part in members and basis == "order_book"]
        for scope in scopes:
            cell = (basis, product, scope, month)
            values[cell] = values.get(cell, 0) + value
    for *cell, count in query(settings, _SCOPES):
        mills[tuple(cell)] = count
    parts = ("matched", "base_matched", "new", "gone")
    for basis, product, month, *rest in query(settings, _MATCHED):
        for part, value in zip(parts, rest, strict=False):
            if value:
                values[basis, product, part, month] = float(value)
        for part, count in zip(("new", "gone"), rest[4:], strict=True):
            mills[basis, product, part, month] = count
    groups = dict(
        query(
            settings,
            "select distinct on (market_code) market_code, market_group from marts.margins"
            " where market_level = 'market' and period_type = 'ytd' order by market_code, period_start desc",
        )
    )
    until = {
        (basis, year): end
        for basis, year, end in query(
            settings,
            "select distinct basis, to_char(period_start, 'YYYY'),"
            " date_trunc('month', period_end)::date::text from marts.margins where period_type = 'ytd'",
        )
    }
    return Truth(values, mills, legs, groups, until)
