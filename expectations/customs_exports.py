"""Row rules for the items of export declarations."""

import great_expectations as gx
import great_expectations.expectations as gxe

from expectations.rules import (
    at_least_one,
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
    suite,
    uscc,
    version_not_in_future,
)


def customs_exports() -> gx.ExpectationSuite:
    """Row rules for one batch of declaration items."""
    return suite(
        "customs_exports",
        [
            *lines(),
            readable_key("declaration_no", "报关单号"),
            required("declaration_no", "报关单号"),
            intact("declaration_no", "报关单号"),
            digits("declaration_no", "报关单号", 18),
            readable("item_no", "项号"),
            required("item_no", "项号"),
            intact("item_no", "项号"),
            at_least_one("item_no", "项号"),
            readable("export_date", "出口日期"),
            required("export_date", "出口日期"),
            plausible("export_date", "出口日期"),
            not_in_future("export_date", "出口日期"),
            required("consignor_uscc", "境内发货人"),
            intact("consignor_uscc", "境内发货人"),
            uscc("consignor_uscc", "境内发货人统一社会信用代码"),
            required("hs_code", "商品编码"),
            intact("hs_code", "商品编码"),
            digits("hs_code", "商品编码", 8, 10),
            readable("destination_country", "最终目的国"),
            required("destination_country", "最终目的国"),
            required("trade_mode", "监管方式"),
            intact("trade_mode", "监管方式"),
            digits("trade_mode", "监管方式", 4),
            required("source_district", "境内货源地"),
            intact("source_district", "境内货源地"),
            digits("source_district", "境内货源地", 5),
            readable("quantity_1", "法定第一数量"),
            required("quantity_1", "法定第一数量"),
            readable("unit_1", "法定第一单位"),
            required("unit_1", "法定第一单位"),
            readable("quantity_2", "法定第二数量"),
            readable("unit_2", "法定第二单位"),
            readable("transaction_amount", "成交总价"),
            *_amount("fob_usd", "统计美元价"),
            *_amount("fob_cny", "统计人民币价"),
            readable("status", "状态"),
            required("status", "状态"),
            readable("updated_at", "更新时间"),
            required("updated_at", "更新时间"),
            plausible("updated_at", "更新时间"),
            version_not_in_future("updated_at", "更新时间"),
            one_version(),
        ],
    )


def _amount(column: str, zh: str) -> list[gxe.Expectation]:
    return [
        readable(column, zh),
        required(column, zh),
        not_negative(column, zh),
    ]
