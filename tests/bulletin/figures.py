"""Figures of the page, computed from the marts in another way, in the format of its Chinese tables."""

from decimal import ROUND_HALF_UP, Decimal

# Figure -> its displayed text.
SHARE, GROWTH, POINTS, MONEY, INDEX = "share", "growth", "points", "money", "index"


def displayed(value: Decimal | None, kind: str) -> str | None:
    """A figure as the Chinese page's tables show it; None where there is none."""
    if value is None:
        return None
    digits, factor = {MONEY: (1, "0.0001"), INDEX: (3, "1"), POINTS: (1, "1")}.get(kind, (1, "100"))
    rounded = (value * Decimal(factor)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    sign = "+" if kind in (GROWTH, POINTS) and rounded > 0 else ""
    return f"{sign}{abs(rounded) if rounded == 0 else rounded:,}".replace("-", "−")


# Section, product if it is a single one, columns with their kinds, and rows by heading.
CASES = [
    (
        "legs",
        {
            "domestic_share": SHARE,
            "total_value_cny": MONEY,
            "domestic_share_change_6m_pp": POINTS,
            "rest_share": SHARE,
        },
        "select to_char(month, 'YYYY-MM'), domestic_share, total_value_cny, domestic_share_change_6m_pp,"
        " rest_share from marts.dual_circulation where product_group = 'denim'",
    ),
    (
        "blocs",
        {"share": SHARE, "value_cny": MONEY, "total_value_cny": MONEY, "share_change_yoy_pp": POINTS},
        "select distinct name, value_cny / total, value_cny, total,"
        " 100 * (value_cny / total - base / base_total)"
        " from (select market_group, value_cny, sum(value_cny) over () as total, base_value_cny as base,"
        " sum(base_value_cny) over () as base_total from marts.market_share where basis = 'customs'"
        " and product_group = 'ALL' and market_level = 'group' and month = '2020-08-01'"
        " and market_group <> 'DOMESTIC') as exports inner join (select market_group_latest as market_group,"
        " market_group_name_zh as name from marts.dim_market) as names using (market_group)",
    ),
    (
        "asean",
        {"growth_comparable": GROWTH, "base_value_cny": MONEY},
        "select to_char(period_start, 'YYYY-MM'), growth_comparable, base_value_cny from marts.growth"
        " where basis = 'customs' and product_group = 'white_cloth' and market_level = 'group'"
        " and market_group = 'ASEAN' and period_type = 'month'",
    ),
    (
        "pulled",
        {"contribution_pp": POINTS, "growth_yoy": GROWTH},
        "select distinct market_group_name_zh, contribution_pp, value_cny / base_value_cny - 1"
        " from marts.growth_contribution"
        " inner join marts.dim_market on member = market_group_latest where basis = 'order_book'"
        " and product_group = 'ALL' and dimension = 'market_group' and period_type = 'month'"
        " and period_start = '2020-08-01' and member in ('DOMESTIC', 'ASEAN', 'NORTH_AMERICA')",
    ),
    (
        "bridge",
        {
            "domestic_share_change_pp": POINTS,
            "domestic_effect_pp": POINTS,
            "export_effect_pp": POINTS,
            "export_growth": GROWTH,
        },
        "select case comparison when 'mom' then '较上月' when '6m' then '较六个月前' else '较上年同月' end,"
        " domestic_share_change_pp, domestic_effect_pp, export_effect_pp, export_growth"
        " from marts.share_bridge"
        " where product_group = 'denim' and month = '2020-08-01'",
    ),
    (
        "volume",
        {"value_index": INDEX, "fisher_price_index": INDEX, "matched_share": SHARE},
        "select to_char(period_start, 'YYYY-MM'), value_index, fisher_price_index, matched_share"
        " from marts.price_quantity where basis = 'customs' and product_group = 'white_cloth'"
        " and market_level = 'all' and period_type = 'month'",
    ),
    (
        "new_customers",
        {"new_customer_value_cny": MONEY, "value_cny": MONEY},
        "select name_zh, new_customer_value_cny, value_cny from marts.margins inner join marts.dim_market"
        " using (market_code) where basis = 'order_book' and product_group = 'ALL'"
        " and market_level = 'market' and market_group = 'DOMESTIC' and period_type = 'ytd'"
        " and period_start = '2020-01-01'",
    ),
    (
        "coverage",
        {"growth_yoy": GROWTH},
        "select to_char(period_start, 'YYYY-MM'), growth_yoy from marts.matched_growth"
        " where basis = 'order_book' and product_group = 'ALL' and market_scope = 'all'"
        " and period_type = 'month'",
    ),
]
