"""What every mart must satisfy before a release shows it: trust at the second boundary.

dbt has checked shape, keys and relationships; here each mart's figures are recomputed, in other words than
its model's. The marts are compared with each other and with raw in :mod:`expectations.identities`.
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
from expectations.release_rules import staged
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
# Marts whose rows have a stage, and the month that it is of.
STAGED = {
    **dict.fromkeys(("market_share", "dual_circulation", "enterprise_mix", "share_bridge"), "own.month"),
    **dict.fromkeys(("order_customs_bridge", "national_share", "dim_month"), "own.month"),
    **dict.fromkeys(("growth", "growth_contribution", "matched_growth", "price_quantity"), _END),
    **dict.fromkeys(("concentration", "margins", "constant_market_share"), _END),
    "revision": _REVISED,
}


def suite_of(mart: str) -> gx.ExpectationSuite:
    """The suite of a mart in the schema ``candidate``; KeyError for a mart that has none."""
    own = _SUITES[mart]()
    return suite(mart, [*own.expectations, staged(STAGED[mart])]) if mart in STAGED else own
