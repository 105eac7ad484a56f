"""Row rules for the lines of a mill's order book."""

import great_expectations as gx
import great_expectations.expectations as gxe

from expectations.rules import (
    at_least_one,
    digits,
    finding,
    intact,
    lines,
    no_row_where,
    not_in_future,
    one_version,
    plausible,
    readable,
    readable_key,
    required,
    rule,
    suite,
    uscc,
    version_not_in_future,
)


def enterprise_orders() -> gx.ExpectationSuite:
    """Row rules and warnings for one batch of order lines."""
    return suite(
        "enterprise_orders",
        [
            *lines(),
            readable_key("enterprise_uscc", "统一社会信用代码"),
            required("enterprise_uscc", "统一社会信用代码"),
            intact("enterprise_uscc", "统一社会信用代码"),
            uscc("enterprise_uscc", "统一社会信用代码"),
            readable_key("order_no", "订单号"),
            required("order_no", "订单号"),
            intact("order_no", "订单号"),
            readable("line_no", "行号"),
            required("line_no", "行号"),
            intact("line_no", "行号"),
            at_least_one("line_no", "行号"),
            readable("order_date", "订单日期"),
            required("order_date", "订单日期"),
            plausible("order_date", "订单日期"),
            not_in_future("order_date", "订单日期"),
            readable("ship_date", "发货日期"),
            rule(
                gxe.ExpectColumnPairValuesAToBeGreaterThanB,
                "ship_date_not_before_order",
                "发货日期早于订单日期",
                "ship_date is before order_date",
                column_A="ship_date",
                column_B="order_date",
                or_equal=True,
                ignore_row_if="either_value_is_missing",
            ),
            required("customer_code", "客户编码"),
            intact("customer_code", "客户编码"),
            readable("country", "国家地区"),
            required("country", "国家地区"),
            readable("province", "省份"),
            no_row_where(
                "country = 'CHN' and province is null",
                "province_required",
                "国内订单必须填写省份",
                "province is missing although the country is China",
            ),
            required("hs_code", "商品编码"),
            intact("hs_code", "商品编码"),
            digits("hs_code", "商品编码", 6, 8, 10),
            readable("quantity", "数量"),
            required("quantity", "数量"),
            no_row_where(
                "quantity <= 0 and status is distinct from 'cancelled'",
                "quantity_positive",
                "数量必须大于 0（取消的订单除外）",
                "quantity must be above 0 unless the line is cancelled",
            ),
            finding(
                "return_takes_back_whole_line",
                "unmet:row",
                "退货没有数量相符的原订单行：只能整行退回；部分退货请报送变更后的订单行",
                "the return does not cancel a whole line: no line has its key and quantity; for a part, "
                "deliver the amended line",
            ),
            readable("unit", "单位"),
            required("unit", "单位"),
            readable("unit_price", "单价"),
            required("unit_price", "单价"),
            _not_negative_unless_cancelled("unit_price", "单价"),
            readable("amount", "金额"),
            required("amount", "金额"),
            _not_negative_unless_cancelled("amount", "金额"),
            readable("currency", "币种"),
            required("currency", "币种"),
            readable("fabric_width_cm", "门幅"),
            readable("fabric_gsm", "克重"),
            readable("status", "状态"),
            required("status", "状态"),
            readable("updated_at", "更新时间"),
            required("updated_at", "更新时间"),
            version_not_in_future("updated_at", "更新时间"),
            finding(
                "updated_at_not_before_order",
                "before:updated_at",
                "更新时间早于订单日期一个月以上",
                "updated_at is more than a month before order_date",
            ),
            one_version(),
            rule(
                gxe.UnexpectedRowsExpectation,
                "amount_is_price_times_quantity",
                "金额与数量乘单价不符（超过 1% 且超过 1 元）",
                "amount differs from quantity x unit_price by more than 1 % and more than 1 unit",
                level="warning",
                # Only the count: a warning rejects no row.
                unexpected_rows_query="""
                    select count(*) as row_count
                    from {batch}
                    where abs(amount - quantity * unit_price)
                        > greatest(1, 0.01 * abs(quantity * unit_price))
                    having count(*) > 0
                """,
            ),
        ],
    )


def _not_negative_unless_cancelled(column: str, zh: str) -> gxe.Expectation:
    return no_row_where(
        f"{column} < 0 and status is distinct from 'cancelled'",
        f"{column}_not_negative",
        f"{zh}不能为负（取消的订单除外）",
        f"{column} must not be negative unless the line is cancelled",
    )
