"""The rules of each mart for the release gate.

dbt has tested columns, keys and relationships; here each mart's figures are recomputed independently of its
model. The marts are compared with each other and with raw in :mod:`expectations.identities`.
"""

from collections.abc import Callable

import great_expectations as gx

from expectations.marts.circulation import dual_circulation, enterprise_mix
from expectations.marts.concentration import concentration
from expectations.marts.constant_market_share import constant_market_share
from expectations.marts.dimensions import code_list, dim_enterprise_history, dimension
from expectations.marts.growth import growth
from expectations.marts.growth_contribution import growth_contribution
from expectations.marts.margins import margins
from expectations.marts.market_share import market_share
from expectations.marts.matched_growth import matched_growth
from expectations.marts.metric_catalogue import metric_catalogue
from expectations.marts.national_share import national_share
from expectations.marts.order_customs_bridge import order_customs_bridge
from expectations.marts.price_quantity import price_quantity
from expectations.marts.revision import revision
from expectations.marts.share_bridge import share_bridge
from expectations.marts.source_quality import source_quality, source_quality_rules
from expectations.release_rules import staged, waits_for_rates
from expectations.rules import suite

_SUITES: dict[str, Callable[[], gx.ExpectationSuite]] = {
    "concentration": concentration,
    "constant_market_share": constant_market_share,
    "dim_enterprise": dimension("dim_enterprise", "enterprise_uscc"),
    "dim_enterprise_history": dim_enterprise_history,
    "dim_market": code_list("dim_market", "market_code"),
    "dim_month": dimension("dim_month", "month"),
    "dim_product": code_list("dim_product", "product_group"),
    "dual_circulation": dual_circulation,
    "enterprise_mix": enterprise_mix,
    "growth": growth,
    "growth_contribution": growth_contribution,
    "margins": margins,
    "market_share": market_share,
    "matched_growth": matched_growth,
    "metric_catalogue": metric_catalogue,
    "national_share": national_share,
    "order_customs_bridge": order_customs_bridge,
    "price_quantity": price_quantity,
    "revision": revision,
    "share_bridge": share_bridge,
    "source_quality": source_quality,
    "source_quality_rules": source_quality_rules,
}
MARTS = tuple(_SUITES)

_END = "cast(date_trunc('month', cast(own.period_end as timestamp)) as date)"
_REVISED = """cast(own.period_start + case own.period_type
    when 'month' then interval '0 months' when 'janfeb' then interval '1 month' else interval '11 months'
end as date)"""
# Marts whose rows have a stage, and the month that decides it.
STAGED = {
    **dict.fromkeys(("market_share", "dual_circulation", "enterprise_mix", "share_bridge"), "own.month"),
    **dict.fromkeys(("order_customs_bridge", "national_share", "dim_month"), "own.month"),
    **dict.fromkeys(("growth", "growth_contribution", "matched_growth", "price_quantity"), _END),
    **dict.fromkeys(("concentration", "margins", "constant_market_share"), _END),
    "revision": _REVISED,
}


_BOTH = "lines_without_rate + coalesce(base_lines_without_rate, 0)"
_CIRCULATION = (
    "lines_without_rate",
    *("domestic_share", "export_share", "balance_index", "asean_share", "europe_america_share", "rest_share"),
    *("domestic_share_change_6m_pp", "domestic_share_speed_pp", "domestic_share_change_1m_pp"),
)
# Marts of the order book: lines without an exchange rate, and the figures that are null while there are any.
_WAITING = {
    "market_share": (
        "total_lines_without_rate",
        *("share", "share_change_yoy_pp", "share_change_3m_pp", "share_today_members"),
    ),
    "growth": (_BOTH, "growth_yoy", "contribution_pp", "growth_per_working_day", "growth_yoy_today_members"),
    "growth_contribution": (
        "total_lines_without_rate + coalesce(base_total_lines_without_rate, 0)",
        *("contribution_pp", "total_growth_pp", "contribution_rank", "residual_pp"),
    ),
    "matched_growth": (_BOTH, "growth_yoy", "matched_growth_yoy", "coverage_effect_pp"),
    "dual_circulation": _CIRCULATION,
    "enterprise_mix": _CIRCULATION,
    "share_bridge": (
        _BOTH,
        *("domestic_share_change_pp", "numerator_effect_pp", "denominator_effect_pp", "domestic_effect_pp"),
        *("export_effect_pp", "domestic_growth", "export_growth", "driver", "driving_side"),
    ),
    "order_customs_bridge": ("lines_without_rate", "gap_share"),
    "margins": (_BOTH, "continuing_pp", "entering_known_mill_pp", "entering_new_mill_pp", "leaving_pp"),
    "price_quantity": (_BOTH, "matched_share", "value_index", "fisher_price_index", "fisher_quantity_index"),
    "concentration": (
        "lines_without_rate",
        *("herfindahl_index", "equivalents_number", "largest_four_share", "largest_share"),
    ),
}


def suite_of(mart: str) -> gx.ExpectationSuite:
    """The suite of a mart in the schema ``candidate``; KeyError for a mart that has none."""
    rules = list(_SUITES[mart]().expectations)
    if mart in STAGED:
        rules.append(staged(STAGED[mart]))
    if mart in _WAITING:
        rules.append(waits_for_rates(*_WAITING[mart]))
    return suite(mart, rules)
