"""Limits of growth, and of the figures that explain it."""

from expectations.drift.jumps import Guard, Kind, Measure
from expectations.release_rules import decided

_LARGE = decided("above_scale_cny")
_GROUPS_OF_ALL = "product_group = 'ALL' and market_level = 'group'"
_PERIOD = ("period_start", "period_end", "period_type", "basis")
_RUNS_NOT = "comparability_reason is distinct from 'period_not_finished'"
_WAITING = ("product_group", "lines_without_rate > 0 or base_lines_without_rate > 0")

GROWTHS = (
    Guard(
        "growth",
        _PERIOD,
        _RUNS_NOT,
        (
            Measure(
                "growth_yoy",
                "max(growth_yoy)",
                (),
                Kind.GROWTH,
                "0.15",
                ("与月度总额的限度相同", "the limit of a month's total, from which it is computed"),
                where="period_type = 'month' and product_group = 'ALL' and market_level = 'all'",
                weight="max(base_value_cny)",
                floor=_LARGE,
            ),
            Measure(
                "growth_yoy",
                "max(growth_yoy)",
                (),
                Kind.GROWTH,
                "0.05",
                ("时期较长，单家企业的影响更小", "the longer the period, the less one mill changes it"),
                where="period_type <> 'month' and product_group = 'ALL' and market_level = 'all'",
                weight="max(base_value_cny)",
                floor=_LARGE,
            ),
            Measure(
                "growth_yoy",
                "max(growth_yoy)",
                ("market_group",),
                Kind.GROWTH,
                "0.5",
                (
                    "与市场组销售额的限度相同",
                    "the limit of a market group's value, from which it is computed",
                ),
                where=f"period_type = 'month' and {_GROUPS_OF_ALL}",
                weight="max(base_value_cny)",
                floor=_LARGE,
            ),
            Measure(
                "growth_yoy",
                "max(growth_yoy)",
                ("market_group",),
                Kind.GROWTH,
                "0.25",
                ("时期较长，单家企业的影响更小", "the longer the period, the less one mill changes it"),
                where=f"period_type <> 'month' and {_GROUPS_OF_ALL}",
                weight="max(base_value_cny)",
                floor=_LARGE,
            ),
        ),
        both=True,
        waiting=_WAITING,
    ),
    Guard(
        "concentration",
        _PERIOD,
        "is_finished",
        (
            Measure(
                "largest_four_share",
                "max(largest_four_share)",
                ("dimension", "market_scope"),
                Kind.POINTS,
                "10",
                (
                    "四个最大成员的份额为 2% 至 60%，一家迟报变动几个百分点；编码合并则骤升",
                    "one mill changes it by some points; merged codes would leave four members",
                ),
                where="product_group = 'ALL'",
                floor=_LARGE,
            ),
        ),
        both=True,
        waiting=("product_group", "lines_without_rate > 0"),
    ),
    Guard(
        "growth_contribution",
        _PERIOD,
        _RUNS_NOT,
        (
            Measure(
                "contribution_pp",
                "max(contribution_pp)",
                ("dimension", "member"),
                Kind.RATE,
                "15",
                ("与月度总额的限度相同", "the limit of a month's total, of which it is a part"),
                where="product_group = 'ALL' and dimension <> 'market' and period_type = 'month'",
                weight="max(base_total_value_cny)",
                floor=_LARGE,
                of="both",
            ),
            Measure(
                "contribution_pp",
                "max(contribution_pp)",
                ("dimension", "member"),
                Kind.RATE,
                "5",
                ("时期较长，单家企业的影响更小", "the longer the period, the less one mill changes it"),
                where="product_group = 'ALL' and dimension <> 'market' and period_type <> 'month'",
                weight="max(base_total_value_cny)",
                floor=_LARGE,
                of="both",
            ),
        ),
        both=True,
        waiting=("product_group", "total_lines_without_rate > 0 or base_total_lines_without_rate > 0"),
    ),
    Guard(
        "margins",
        _PERIOD,
        _RUNS_NOT,
        (
            Measure(
                "entering_new_mill_pp",
                "max(entering_new_mill_pp)",
                (),
                Kind.RATE,
                "10",
                (
                    "新企业贡献最多 1 至 2 个百分点；企业代码改写会使老企业成为新企业",
                    "new mills add one or two points; changed mill codes would make old mills look new",
                ),
                where="product_group = 'ALL' and market_level = 'all'",
                weight="max(base_value_cny)",
                floor=_LARGE,
                of="both",
            ),
        ),
        both=True,
        waiting=_WAITING,
    ),
    Guard(
        "matched_growth",
        _PERIOD,
        _RUNS_NOT,
        (
            Measure(
                "matched_growth_yoy",
                "max(matched_growth_yoy)",
                ("market_scope",),
                Kind.GROWTH,
                "0.2",
                (
                    "只含两年均报送的企业，单家企业影响有限",
                    "only mills of both years: a late one changes it by its own size",
                ),
                where="product_group = 'ALL'",
                weight="max(matched_base_value_cny)",
                floor=_LARGE,
                of="both",
            ),
        ),
        both=True,
        waiting=_WAITING,
    ),
    Guard(
        "price_quantity",
        _PERIOD,
        _RUNS_NOT,
        (
            Measure(
                "fisher_price_index",
                "max(fisher_price_index)",
                ("product_group",),
                Kind.FACTOR,
                "1.2",
                (
                    "价格指数在 0.97 至 1.07 之间；单位错误使其数倍变化",
                    "indices are between 0.97 and 1.07: a wrong unit or currency changes them far more",
                ),
                where="market_level = 'all'",
                weight="max(base_matched_value_cny)",
                floor=_LARGE,
                of="both",
            ),
        ),
        both=True,
        waiting=_WAITING,
    ),
    Guard(
        "constant_market_share",
        ("period_start", "period_end", "period_type"),
        _RUNS_NOT,
        (
            Measure(
                "competitiveness_effect_cny per base_value_cny",
                "max(competitiveness_effect_cny) / nullif(max(base_value_cny), 0)",
                (),
                Kind.POINTS,
                "15",
                ("与月度总额的限度相同", "the limit of a month's total, of which it is a part"),
                where="level = 'total'",
                weight="max(base_value_cny)",
                floor=_LARGE,
                of="both",
            ),
        ),
        both=True,
    ),
)
