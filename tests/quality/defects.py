"""One defect for every row rule of the load gate; the row has no other defect.

A case is the rows to add to a good file; ``RAGGED`` stands for a line with a field too many.
"""

import hashlib

from samples import Row, cell, item, order

RAGGED = "ragged"
_FUTURE = "2099-01-01"
# Too long for an index entry, also when compressed.
_TOO_LONG = "".join(hashlib.sha256(str(n).encode()).hexdigest() for n in range(150))


def statistics_cell(**changes: str) -> Row:
    """A row of a statistics file in which flow and currency are columns."""
    row = cell(flow="export", currency="CNY")
    row["value"] = row.pop("人民币")
    return row | changes


_LINE = {"行号": "99"}
_ORDER_DEFECTS: dict[str, dict[str, str]] = {
    "enterprise_uscc_readable": {"统一社会信用代码": _TOO_LONG},
    "enterprise_uscc_required": {"统一社会信用代码": ""},
    "enterprise_uscc_check": {"统一社会信用代码": "91310115MA1H8R7C6D"},
    "enterprise_uscc_intact": {"统一社会信用代码": "9.1310E+17"},
    "order_no_readable": {"订单号": _TOO_LONG},
    "order_no_required": {"订单号": " "},
    "order_no_intact": {"订单号": "2.02009E+11"},
    "line_no_readable": {"行号": "one"},
    "line_no_required": {"行号": ""},
    "line_no_intact": {"行号": "202009010000001000"},
    "line_no_positive": {"行号": "0"},
    "order_date_readable": {"订单日期": "2020-02-30"},
    "order_date_required": {"订单日期": ""},
    "order_date_plausible": {"订单日期": "1999-12-31"},
    "order_date_not_in_future": {"订单日期": _FUTURE, "发货日期": ""},
    "ship_date_readable": {"发货日期": "soon"},
    "ship_date_not_before_order": {"发货日期": "2020-08-31"},
    "customer_code_required": {"客户编码": ""},
    "customer_code_intact": {"客户编码": "1E+11"},
    "country_readable": {"国家地区": "Korea"},
    "country_required": {"国家地区": ""},
    "province_readable": {"省份": "火星"},
    "province_required": {"省份": ""},
    "hs_code_required": {"商品编码": ""},
    "hs_code_digits": {"商品编码": "5209420"},
    "hs_code_intact": {"商品编码": "5.20942E+09"},
    "quantity_readable": {"数量": "1,000"},
    "quantity_required": {"数量": ""},
    "quantity_positive": {"数量": "0"},
    "unit_readable": {"单位": "furlong"},
    "unit_required": {"单位": ""},
    "unit_price_readable": {"单价": "2e1"},
    "unit_price_required": {"单价": ""},
    "unit_price_not_negative": {"单价": "-0.000001"},
    "amount_readable": {"金额": "¥20500"},
    "amount_required": {"金额": ""},
    "amount_not_negative": {"金额": "-0.01"},
    "currency_required": {"币种": ""},
    "currency_readable": {"币种": "XTS"},
    "fabric_width_cm_readable": {"门幅": "58 inch"},
    "fabric_gsm_readable": {"克重": "12oz"},
    "status_readable": {"状态": "maybe"},
    "status_required": {"状态": ""},
    "updated_at_readable": {"更新时间": "yesterday"},
    "updated_at_required": {"更新时间": ""},
    "updated_at_not_in_future": {"更新时间": _FUTURE},
    "updated_at_not_before_order": {"更新时间": "2020-07-31 23:59:59"},
}
_ITEM_DEFECTS: dict[str, dict[str, str]] = {
    "declaration_no_readable": {"报关单号": _TOO_LONG},
    "declaration_no_required": {"报关单号": ""},
    "declaration_no_digits": {"报关单号": "31012020000000000A"},
    "declaration_no_intact": {"报关单号": "3.1012E+17"},
    "item_no_readable": {"项号": "1.5"},
    "item_no_required": {"项号": ""},
    "item_no_intact": {"项号": "202009150000001000"},
    "item_no_positive": {"项号": "0"},
    "export_date_readable": {"出口日期": "20-09-15"},
    "export_date_required": {"出口日期": ""},
    "export_date_plausible": {"出口日期": "1999-12-31"},
    "export_date_not_in_future": {"出口日期": _FUTURE},
    "consignor_uscc_required": {"境内发货人": ""},
    "consignor_uscc_check": {"境内发货人": "91350100M000100Y44"},
    "consignor_uscc_intact": {"境内发货人": "9.1310E+17"},
    "hs_code_required": {"商品编码": ""},
    "hs_code_digits": {"商品编码": "520812"},
    "hs_code_intact": {"商品编码": "5.20812E+07"},
    "destination_country_readable": {"最终目的国": "Atlantis"},
    "destination_country_required": {"最终目的国": ""},
    "trade_mode_required": {"监管方式": ""},
    "trade_mode_digits": {"监管方式": "11"},
    "trade_mode_intact": {"监管方式": "1E+02"},
    "source_district_required": {"境内货源地": ""},
    "source_district_digits": {"境内货源地": "331490"},
    "source_district_intact": {"境内货源地": "3.3E+04"},
    "quantity_1_readable": {"法定第一数量": "many"},
    "quantity_1_required": {"法定第一数量": ""},
    "unit_1_readable": {"法定第一单位": "999"},
    "unit_1_required": {"法定第一单位": ""},
    "quantity_2_readable": {"法定第二数量": "few"},
    "unit_2_readable": {"法定第二单位": "999"},
    "transaction_amount_readable": {"成交总价": "7,000.00"},
    "fob_usd_readable": {"统计美元价": "x"},
    "fob_usd_required": {"统计美元价": ""},
    "fob_usd_not_negative": {"统计美元价": "-0.01"},
    "fob_cny_readable": {"统计人民币价": "x"},
    "fob_cny_required": {"统计人民币价": ""},
    "fob_cny_not_negative": {"统计人民币价": "-1"},
    "status_readable": {"状态": "new"},
    "status_required": {"状态": ""},
    "updated_at_readable": {"更新时间": "8:00"},
    "updated_at_required": {"更新时间": ""},
    "updated_at_plausible": {"更新时间": "1999-12-31 23:59:59"},
    "updated_at_not_in_future": {"更新时间": _FUTURE},
}
_CELL_DEFECTS: dict[str, dict[str, str]] = {
    "month_readable": {"数据年月": "202013"},
    "month_required": {"数据年月": ""},
    "month_plausible": {"数据年月": "199912"},
    "month_not_in_future": {"数据年月": "209901"},
    "flow_readable": {"flow": "sideways"},
    "flow_required": {"flow": ""},
    "currency_readable": {"currency": _TOO_LONG},
    "currency_required": {"currency": ""},
    "currency_is_cny_or_usd": {"currency": "EUR"},
    "hs_code_readable": {"商品编码": _TOO_LONG},
    "hs_code_required": {"商品编码": ""},
    "hs_code_digits": {"商品编码": "520942"},
    "hs_code_intact": {"商品编码": "5.2E+07"},
    "partner_code_readable": {"贸易伙伴编码": _TOO_LONG},
    "partner_code_required": {"贸易伙伴编码": ""},
    "partner_code_digits": {"贸易伙伴编码": "VNM"},
    "partner_code_intact": {"贸易伙伴编码": "1E+02"},
    "regime_code_readable": {"贸易方式编码": _TOO_LONG},
    "regime_code_required": {"贸易方式编码": ""},
    "regime_code_digits": {"贸易方式编码": "0110"},
    "regime_code_intact": {"贸易方式编码": "1E+02"},
    "province_code_readable": {"注册地编码": _TOO_LONG},
    "province_code_required": {"注册地编码": ""},
    "province_code_digits": {"注册地编码": "330781"},
    "province_code_intact": {"注册地编码": "1E+02"},
    "quantity_1_readable": {"第一数量": "214,847"},
    "unit_1_readable": {"第一计量单位": "furlong"},
    "quantity_2_readable": {"第二数量": "none", "第二计量单位": "千克"},
    "unit_2_readable": {"第二计量单位": "??"},
    "value_readable": {"value": "5,84,714"},
    "value_required": {"value": ""},
    "value_not_negative": {"value": "-1"},
}


def total(row: Row) -> Row:
    """A total row."""
    return dict.fromkeys(row, "") | {next(iter(row)): "合计"}


def header(row: Row) -> Row:
    """The header, repeated within the table."""
    return {name: name for name in row}


# Source -> rule -> the rows that break it.
CASES: dict[str, dict[str, list[Row] | str]] = {
    "enterprise_orders": {
        "row_is_whole": RAGGED,
        "row_is_no_total": [total(order())],
        "row_is_no_header": [header(order())],
        "row_is_unambiguous": [order(行号="99"), order(行号="99", 数量="1001")],
        **{rule: [order(**(_LINE | changes))] for rule, changes in _ORDER_DEFECTS.items()},
    },
    "customs_exports": {
        "row_is_whole": RAGGED,
        "row_is_no_total": [total(item())],
        "row_is_no_header": [header(item())],
        "row_is_unambiguous": [item(项号="99"), item(项号="99", 统计美元价="1.00")],
        **{rule: [item(**({"项号": "99"} | changes))] for rule, changes in _ITEM_DEFECTS.items()},
    },
    "customs_statistics": {
        "row_is_whole": RAGGED,
        "row_is_no_total": [total(statistics_cell())],
        "row_is_no_header": [header(statistics_cell())],
        "row_is_unambiguous": [
            statistics_cell(商品编码="99999999"),
            statistics_cell(商品编码="99999999", value="1"),
        ],
        **{
            rule: [statistics_cell(**({"商品编码": "99999999"} | changes))]
            for rule, changes in _CELL_DEFECTS.items()
        },
    },
}
