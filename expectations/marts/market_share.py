"""Who buys: what the mart market_share must satisfy."""

import great_expectations as gx

from expectations.release_rules import figure_or_reason, grain, no_row
from expectations.rules import suite


def market_share() -> gx.ExpectationSuite:
    """Shares are fractions of their totals."""
    return suite(
        "market_share",
        [
            grain("month", "basis", "product_group", "market_level", "market_group", "market_code"),
            no_row(
                "value_not_negative",
                "销售额不能为负",
                "sales must not be negative",
                "select * from {batch} where value_cny < 0 or total_value_cny < value_cny",
            ),
            no_row(
                "month_not_in_future",
                "月份晚于今天",
                "the month has not begun yet",
                "select * from {batch} where month > current_date",
            ),
            no_row(
                "share_is_part_of_total",
                "份额必须等于销售额除以总额，且在 0 和 1 之间",
                "share must be value_cny / total_value_cny, between 0 and 1",
                """
                select * from {batch}
                where share not between 0 and 1
                    or abs(share * total_value_cny - value_cny) > 0.005
                    or (share is null) <> (total_value_cny = 0)
                """,
            ),
            figure_or_reason("share", "share_reason"),
            figure_or_reason("share_change_yoy_pp", "share_change_reason"),
        ],
    )
