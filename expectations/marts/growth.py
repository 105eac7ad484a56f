"""Rules of the mart growth."""

import great_expectations as gx

from expectations.release_rules import (
    decided,
    figure_or_reason,
    figures_or_reasons,
    grain,
    low_bases_flagged,
    no_row,
)
from expectations.rules import suite

_ADDITIVE = (
    *("value_cny", "base_value_cny", "previous_month_value_cny", "festival_base_value_cny"),
    *("quantity", "base_quantity", "quantified_value_cny", "base_quantified_value_cny"),
)


def _differ(column: str) -> str:
    """SQL: whether the column's groups, or its markets, do not add up to all."""
    return " or ".join(
        f"sum({column}) filter (where market_level = '{level}')"
        f" is distinct from sum({column}) filter (where market_level = 'all')"
        for level in ("group", "market")
    )


def growth() -> gx.ExpectationSuite:
    """Growth is value against base, levels add up, and contributions sum to the growth of the whole."""
    return suite(
        "growth",
        [
            grain(
                *("period_type", "period_start", "basis", "product_group"),
                *("market_level", "market_group", "market_code"),
            ),
            no_row(
                "growth_is_value_over_base",
                "增速必须等于本期除以基期减一",
                "growth_yoy must be value_cny / base_value_cny - 1",
                "select * from {batch} where abs((1 + growth_yoy) * base_value_cny - value_cny) > 0.005",
            ),
            figure_or_reason("growth_yoy", "growth_reason"),
            figure_or_reason("contribution_pp", "contribution_reason"),
            figures_or_reasons(
                {
                    "growth_comparable": "growth_comparable_reason",
                    "growth_mom": "growth_mom_reason",
                    "growth_yoy_usd": "growth_yoy_usd_reason",
                    "growth_yoy_quantity": "growth_yoy_quantity_reason",
                    "growth_per_working_day": "growth_per_working_day_reason",
                    "growth_festival_adjusted": "growth_festival_adjusted_reason",
                    "growth_yoy_today_members": "growth_yoy_today_members_reason",
                }
            ),
            no_row(
                "other_growths_are_values_over_bases",
                "各种口径的增速必须等于本期除以相应基期减一",
                "each growth must be its value over its own base, less one",
                """
                select * from {batch}
                where abs((1 + growth_mom) * previous_month_value_cny - value_cny) > 0.005
                    or abs((1 + growth_yoy_usd) * base_value_usd - value_usd) > 0.005
                    or abs((1 + growth_yoy_quantity) * base_quantity - quantity)
                        > 1e-6 * greatest(quantity, base_quantity)
                    or abs(
                        (1 + growth_per_working_day) * base_value_cny / base_working_days * working_days
                        - value_cny
                    ) > 0.005
                    or abs((1 + growth_festival_adjusted) * festival_base_value_cny - value_cny) > 0.005
                    or abs(
                        (1 + growth_yoy_today_members) * base_value_today_members_cny
                        - value_today_members_cny
                    ) > 0.005
                """,
            ),
            no_row(
                "comparable_growth_is_that_of_its_basis",
                "可比增速必须等于所注口径的增速",
                "growth_comparable must be the growth that comparison_basis names",
                """
                select * from {batch}
                where growth_comparable is distinct from case
                        when growth_comparable_reason is not null then null
                        when comparison_basis in ('plain', 'janfeb') then growth_yoy
                        when comparison_basis = 'working_day' then growth_per_working_day
                        when comparison_basis = 'festival_adjusted' then growth_festival_adjusted
                    end
                    or is_comparable and comparison_basis in ('working_day', 'festival_adjusted')
                """,
            ),
            no_row(
                "festival_base_is_as_long_as_its_month",
                "春节可比基期的天数必须与本月相同，且相隔 354、355、383、384 或 385 天",
                "a festival base has as many days as its month, a lunar year before it",
                """
                select * from {batch}
                where festival_base_end - festival_base_start <> period_end - period_start
                    or period_start - festival_base_start not in (354, 355, 383, 384, 385)
                """,
            ),
            no_row(
                "levels_add_up",
                "各市场之和、各组之和必须等于全部",
                "markets and groups must each add up to all, in the period and in every base",
                f"""
                select period_type, period_start, basis, product_group from {{batch}}
                group by period_type, period_start, basis, product_group
                having {" or ".join(_differ(column) for column in _ADDITIVE)}
                    or sum(value_today_members_cny) filter (where market_level = 'group')
                        is distinct from sum(value_cny) filter (where market_level = 'all')
                    or sum(base_value_today_members_cny) filter (where market_level = 'group')
                        is distinct from sum(base_value_cny) filter (where market_level = 'all')
                    or count(*) = count(value_usd) and ({_differ("value_usd")})
                    or count(*) = count(base_value_usd) and ({_differ("base_value_usd")})
                """,  # noqa: S608  (our own columns)
            ),
            no_row(
                "bases_are_the_months_before",
                "基期数必须等于上年同月、上月同一市场的数",
                "the bases of a month must be the values of a year and of a month before",
                """
                select own.period_start, own.basis, own.product_group, own.market_code
                from {batch} as own
                left join {batch} as year_before
                    on year_before.period_start = cast(own.period_start - interval '1 year' as date)
                    and (year_before.period_type, year_before.basis, year_before.product_group)
                        = (own.period_type, own.basis, own.product_group)
                    and year_before.market_level = own.market_level
                    and coalesce(year_before.market_code, '') = coalesce(own.market_code, '')
                left join {batch} as month_before
                    on month_before.period_start = cast(own.period_start - interval '1 month' as date)
                    and (month_before.period_type, month_before.basis, month_before.product_group)
                        = (own.period_type, own.basis, own.product_group)
                    and month_before.market_level = own.market_level
                    and coalesce(month_before.market_code, '') = coalesce(own.market_code, '')
                where own.period_type = 'month' and own.market_level <> 'group'
                    and (
                        own.base_value_cny <> coalesce(year_before.value_cny, 0)
                        or own.base_quantity <> coalesce(year_before.quantity, 0)
                        or own.base_value_usd <> coalesce(year_before.value_usd, 0)
                        or own.previous_month_value_cny <> coalesce(month_before.value_cny, 0)
                    )
                """,
            ),
            no_row(
                "dollars_are_those_of_the_sales",
                "美元销售额必须与月度销售表分文不差",
                "the dollars of a month must be those of its sales to the cent",
                """
                select *
                from (
                    select period_start as month, basis, value_usd from {batch}
                    where period_type = 'month' and product_group = 'ALL' and market_level = 'all'
                ) as mart
                full join (
                    select month, basis, case when count(*) = count(value_usd) then sum(value_usd) end as usd
                    from intermediate.int_sales__monthly
                    group by month, basis
                ) as sold using (month, basis)
                where mart.value_usd is distinct from sold.usd
                """,
            ),
            no_row(
                "spring_is_not_compared_with_the_month_before",
                "一至三月不得与上月直接比较",
                "January to March, and a running month, must not be compared with the month before",
                """
                select * from {batch}
                where period_type = 'month' and mom_comparability_reason is null
                    and (
                        extract(month from period_start) <= 3
                        or comparability_reason = 'period_not_finished'
                    )
                    or not is_comparable and comparison_basis = 'plain' and growth_comparable is not null
                """,
            ),
            no_row(
                "a_quantity_speaks_for_its_value",
                "数量覆盖率不足时不得计算数量增速",
                "a growth of quantities needs quantities for quantity_coverage of the value of both periods",
                f"""
                select * from {{batch}}
                where quantity_unit is not null and base_value_cny is not null
                    and (growth_yoy_quantity_reason is not distinct from 'quantity_partly_known') <> (
                        abs(value_cny - quantified_value_cny)
                            > abs(value_cny) * (1 - {decided("quantity_coverage")})
                        or abs(base_value_cny - base_quantified_value_cny)
                            > abs(base_value_cny) * (1 - {decided("quantity_coverage")})
                    )
                    and growth_reason is distinct from 'period_incomplete'
                """,  # noqa: S608  (our own number)
            ),
            low_bases_flagged("base_value_cny"),
            no_row(
                "contributions_sum_to_growth",
                "各部分贡献之和必须等于总增速",
                "the contributions of a level must sum to the growth of all, in percentage points",
                """
                select parts.* from (
                    select period_type, period_start, basis, product_group, market_level,
                        sum(contribution_pp) as contributed_pp
                    from {batch}
                    group by period_type, period_start, basis, product_group, market_level
                ) as parts
                inner join {batch} as whole
                    using (period_type, period_start, basis, product_group)
                where whole.market_level = 'all'
                    and (
                        (parts.contributed_pp is null) <> (whole.growth_yoy is null)
                        or abs(parts.contributed_pp - 100 * whole.growth_yoy) > 1e-9
                    )
                """,
            ),
        ],
    )
