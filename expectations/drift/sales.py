"""Limits of amounts, shares and quantities: what is sold, by whom, to whom."""

from expectations.drift.jumps import Ahead, Guard, Kind, Measure
from expectations.release_rules import decided

# The sales of a year that make a mill large: in a cell that is smaller one contract is a jump.
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
                ("单家企业迟报最多使全市月度总额变动 7%", "a late mill moves a month's total by at most 7 %"),
                where=_GROUPS_OF_ALL,
                floor=_LARGE,
            ),
            Measure(
                "value_cny",
                "sum(value_cny)",
                ("market_group",),
                Kind.FACTOR,
                "1.5",
                ("单家企业迟报最多使一个市场组变动 25%", "a late mill moves a market group by at most 25 %"),
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
                    "such cells are small: a late mill moves them by up to 35 %, a doubled load by 100 %",
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
                    "a late mill moves such a share by at most 2.3 points",
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
                ("单家企业最多使份额变动 9 个百分点", "a late mill moves such a share by at most 9 points"),
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
                    "the rate of a month that is over stands: 3 % is a wrong rate, or one upside down",
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
                    "unit values do not move by half: beyond that a unit of measure is wrong",
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
                    "the fastest turn seen is 27 % above the largest month of the year before",
                ),
                where=_GROUPS,
                floor=_LARGE,
            ),
        ),
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
                    "a late mill moves such a share by at most 2.3 points",
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
                ("单家企业最多使份额变动 9 个百分点", "a late mill moves such a share by at most 9 points"),
                where="product_group <> 'ALL'",
                weight="sum(total_value_cny)",
                floor=_LARGE,
            ),
        ),
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
                    "three months late move a year by 33 %, a doubled load by 100 %; new mills are left out",
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
                    "mills turn by 30 points in half a year, but not in months already published",
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
