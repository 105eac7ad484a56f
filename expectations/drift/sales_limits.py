"""Limits of amounts, shares and quantities of sales."""

from expectations.drift.jumps import Ahead, Guard, Kind, Measure
from expectations.release_rules import decided

# The yearly sales of a large mill; in a smaller cell a single contract is a jump.
_LARGE = decided("above_scale_cny")
_GROUPS_OF_ALL = "product_group = 'ALL' and market_level = 'group'"
_GROUPS = "product_group <> 'ALL' and market_level = 'group'"
_MONTH = ("month",)

SALES = (
    Guard(
        "market_share",
        ("month", "basis"),
        "is_finished",
        (
            Measure(
                "value_cny",
                "sum(value_cny)",
                (),
                Kind.FACTOR,
                "1.15",
                (
                    "单家企业迟报最多使全市月度总额变动 7%",
                    "a late mill changes a month's total by at most 7 %",
                ),
                where=_GROUPS_OF_ALL,
                floor=_LARGE,
            ),
            Measure(
                "value_cny",
                "sum(value_cny)",
                ("market_group",),
                Kind.FACTOR,
                "1.5",
                (
                    "单家企业迟报最多使一个市场组变动 25%",
                    "a late mill changes a market group by at most 25 %",
                ),
                where=_GROUPS_OF_ALL,
                floor=_LARGE,
            ),
            Measure(
                "value_cny",
                "sum(value_cny)",
                ("product_group", "market_group"),
                Kind.FACTOR,
                "1.8",
                (
                    "产品与市场组的单元较小，单家企业最多使其变动 35%；重复装载则翻番",
                    "such cells are small: a late mill changes them by up to 35 %, a doubled load by 100 %",
                ),
                where=_GROUPS,
                floor=_LARGE,
            ),
            Measure(
                "share",
                "sum(value_cny) / nullif(max(total_value_cny), 0)",
                ("market_group",),
                Kind.POINTS,
                "5",
                (
                    "单家企业最多使份额变动 2.3 个百分点",
                    "a late mill changes such a share by at most 2.3 points",
                ),
                where=_GROUPS_OF_ALL,
                weight="max(total_value_cny)",
                floor=_LARGE,
            ),
            Measure(
                "share",
                "sum(value_cny) / nullif(max(total_value_cny), 0)",
                ("product_group", "market_group"),
                Kind.POINTS,
                "15",
                ("单家企业最多使份额变动 9 个百分点", "a late mill changes such a share by at most 9 points"),
                where=_GROUPS,
                weight="max(total_value_cny)",
                floor=_LARGE,
            ),
            Measure(
                "value_usd per value_cny",
                "sum(value_usd) / nullif(sum(value_cny), 0)",
                (),
                Kind.FACTOR,
                "1.03",
                (
                    "已结束月份的汇率不再变化；更正也远小于 3%",
                    "the rate of a finished month does not change: 3 % means a wrong or inverted rate",
                ),
                where=_GROUPS_OF_ALL,
                floor=_LARGE,
            ),
            Measure(
                "quantity per quantified_value_cny",
                "sum(quantity) / nullif(sum(quantified_value_cny), 0)",
                ("product_group",),
                Kind.FACTOR,
                "1.5",
                (
                    "单价不会变动一半；超过即为计量单位错误",
                    "unit values do not change by half: beyond that a unit of measure is wrong",
                ),
                where=f"{_GROUPS} and quantity_unit is not null",
                floor=_LARGE,
            ),
            Ahead(
                "value_cny",
                "sum(value_cny)",
                (),
                "2",
                (
                    "未结束的月份本应增长，但不会是过去一年最大月份的两倍",
                    "a running month grows, but not to twice the largest month of the year before",
                ),
                where=_GROUPS_OF_ALL,
                floor=_LARGE,
            ),
            Ahead(
                "value_cny",
                "sum(value_cny)",
                ("product_group", "market_group"),
                "3",
                (
                    "最快的转向也只比过去一年最大月份多 27%",
                    "the fastest rise so far is 27 % above the largest month of the year before",
                ),
                where=_GROUPS,
                floor=_LARGE,
            ),
        ),
        waiting=("product_group", "total_lines_without_rate > 0"),
    ),
    Guard(
        "dual_circulation",
        _MONTH,
        "is_finished",
        (
            Measure(
                "domestic_share",
                "sum(domestic_value_cny) / nullif(sum(total_value_cny), 0)",
                ("product_group",),
                Kind.POINTS,
                "5",
                (
                    "单家企业最多使份额变动 2.3 个百分点",
                    "a late mill changes such a share by at most 2.3 points",
                ),
                where="product_group = 'ALL'",
                weight="sum(total_value_cny)",
                floor=_LARGE,
            ),
            Measure(
                "domestic_share",
                "sum(domestic_value_cny) / nullif(sum(total_value_cny), 0)",
                ("product_group",),
                Kind.POINTS,
                "15",
                ("单家企业最多使份额变动 9 个百分点", "a late mill changes such a share by at most 9 points"),
                where="product_group <> 'ALL'",
                weight="sum(total_value_cny)",
                floor=_LARGE,
            ),
        ),
        waiting=("product_group", "lines_without_rate > 0"),
    ),
    Guard(
        "enterprise_mix",
        _MONTH,
        "is_finished",
        (
            Measure(
                "total_value_cny",
                "sum(total_value_cny)",
                ("enterprise_uscc",),
                Kind.FACTOR,
                "1.6",
                (
                    "迟报三个月使全年变动 33%；重复报送则翻番。新企业不计",
                    "three late months change a year by 33 %, a doubled load by 100 %; without new mills",
                ),
                weight="sum(total_value_cny)",
                floor=_LARGE,
                of="release",
                over_year=True,
            ),
            Measure(
                "domestic_share",
                "sum(domestic_value_cny) / nullif(sum(total_value_cny), 0)",
                ("enterprise_uscc",),
                Kind.POINTS,
                "30",
                (
                    "转向内销最快六个月上升 20 至 30 个百分点，已公布的月份不会再变这么多",
                    "a mill's share changes by 30 points in half a year, but not in published months",
                ),
                weight="sum(total_value_cny)",
                floor=_LARGE,
                of="both",
                over_year=True,
            ),
            Ahead(
                "total_value_cny",
                "sum(total_value_cny)",
                ("enterprise_uscc",),
                "5",
                (
                    "企业月度最高为过去一年最大月份的两倍；单位错误为千倍、万倍",
                    "a mill's month is at most twice the largest of its year, a wrong unit a thousand times",
                ),
                floor=decided("low_base_cny"),
            ),
        ),
        waiting=("enterprise_uscc", "lines_without_rate > 0"),
    ),
    Guard(
        "national_share",
        _MONTH,
        "true",
        (
            Measure(
                "denominator_value_cny",
                "sum(denominator_value_cny)",
                ("hs_code", "denominator"),
                Kind.FACTOR,
                "1.3",
                ("海关修订月度数据通常在几个百分点以内", "the customs revise a month by a few per cent"),
                where="hs_level = 'hs8' and market_code = 'ALL'",
                weight="sum(denominator_value_cny)",
                floor=_LARGE,
                of="both",
            ),
            Measure(
                "denominator_quantity per denominator_value_cny",
                "sum(denominator_quantity) / nullif(sum(denominator_value_cny), 0)",
                ("hs_code", "denominator"),
                Kind.FACTOR,
                "1.5",
                ("超过即为计量单位错误", "beyond that a unit of measure is wrong"),
                where="hs_level = 'hs8' and market_code = 'ALL'",
                weight="sum(denominator_value_cny)",
                floor=_LARGE,
                of="both",
            ),
        ),
    ),
)
