"""Row rules for customs statistics downloads."""

import great_expectations as gx
import great_expectations.expectations as gxe

from expectations.rules import (
    digits,
    intact,
    lines,
    not_in_future,
    not_negative,
    one_version,
    plausible,
    readable,
    readable_key,
    required,
    rule,
    suite,
)


def customs_statistics() -> gx.ExpectationSuite:
    """Row rules for one batch of statistics rows."""
    return suite(
        "customs_statistics",
        [
            *lines(),
            readable("month", "数据年月"),
            required("month", "数据年月"),
            plausible("month", "数据年月"),
            not_in_future("month", "数据年月"),
            readable("flow", "进出口"),
            required("flow", "进出口"),
            readable_key("currency", "币种"),
            required("currency", "币种"),
            rule(
                gxe.ExpectColumnValuesToBeInSet,
                "currency_is_cny_or_usd",
                "币种必须为人民币或美元",
                "currency must be CNY or USD",
                column="currency",
                value_set=["CNY", "USD"],
            ),
            readable_key("hs_code", "商品编码"),
            required("hs_code", "商品编码"),
            intact("hs_code", "商品编码"),
            digits("hs_code", "商品编码", 8),
            digits("partner_code", "贸易伙伴编码", 3),
            digits("regime_code", "贸易方式编码", 2),
            digits("province_code", "注册地编码", 2),
            readable_key("partner_code", "贸易伙伴编码"),
            readable_key("regime_code", "贸易方式编码"),
            readable_key("province_code", "注册地编码"),
            required("partner_code", "贸易伙伴编码"),
            intact("partner_code", "贸易伙伴编码"),
            required("regime_code", "贸易方式编码"),
            intact("regime_code", "贸易方式编码"),
            required("province_code", "注册地编码"),
            intact("province_code", "注册地编码"),
            readable("quantity_1", "第一数量"),
            readable("unit_1", "第一计量单位"),
            readable("quantity_2", "第二数量"),
            readable("unit_2", "第二计量单位"),
            readable("value", "金额"),
            required("value", "金额"),
            not_negative("value", "金额"),
            one_version(),
        ],
    )
