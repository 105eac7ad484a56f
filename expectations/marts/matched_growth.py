"""Rules of the mart matched_growth."""

import great_expectations as gx

from expectations.release_rules import comparable, figures_or_reasons, grain, low_bases_flagged, no_row
from expectations.rules import suite


def matched_growth() -> gx.ExpectationSuite:
    """Matched growth and coverage add up to the plain growth, which is that of growth."""
    return suite(
        "matched_growth",
        [
            grain("period_type", "period_start", "basis", "product_group", "market_scope"),
            figures_or_reasons(
                {
                    "growth_yoy": "growth_reason",
                    "matched_growth_yoy": "matched_growth_reason",
                    "coverage_effect_pp": "coverage_effect_reason",
                }
            ),
            comparable(),
            low_bases_flagged("matched_base_value_cny"),
            no_row(
                "matched_plus_coverage_is_plain",
                "同口径增速加覆盖效应必须等于总增速",
                "matched growth plus the coverage effect must be the plain growth",
                """
                select * from {batch}
                where abs(100 * matched_growth_yoy + coverage_effect_pp - 100 * growth_yoy) > 1e-9
                    or abs((1 + matched_growth_yoy) * matched_base_value_cny - matched_value_cny) > 0.005
                """,
            ),
            no_row(
                "matched_missing_and_new_are_all",
                "同口径、缺报与新增企业之和必须等于全部企业",
                "the values of matched, missing and new mills must be those of all mills",
                """
                select * from {batch}
                where matched_value_cny + new_value_cny <> value_cny
                    or matched_base_value_cny + missing_base_value_cny <> base_value_cny
                    or mills_missing = 0 and missing_base_value_cny <> 0
                    or mills_new = 0 and new_value_cny <> 0
                """,
            ),
            no_row(
                "longer_periods_are_the_sums_of_their_months",
                "较长时期的同口径数必须等于各月之和",
                "the matched values of a longer period must be the sums of its months",
                """
                select longer.period_type, longer.period_start, longer.basis, longer.product_group
                from {batch} as longer
                left join {batch} as months
                    on months.period_type = 'month'
                    and (months.basis, months.product_group, months.market_scope)
                        = (longer.basis, longer.product_group, longer.market_scope)
                    and months.period_start between longer.period_start and longer.period_end
                where longer.period_type <> 'month'
                group by longer.period_type, longer.period_start, longer.basis, longer.product_group,
                    longer.market_scope, longer.matched_value_cny, longer.matched_base_value_cny
                having longer.matched_value_cny <> coalesce(sum(months.matched_value_cny), 0)
                    or longer.matched_base_value_cny <> coalesce(sum(months.matched_base_value_cny), 0)
                """,
            ),
            no_row(
                "matched_mills_are_those_of_enterprise_mix",
                "同口径企业必须是企业表中两年同月均有数据的企业",
                "matched mills of a month must be those that enterprise_mix has in both years",
                """
                select own.period_start, own.matched_value_cny, mix.value_cny
                from {batch} as own
                left join (
                    select now.month, sum(now.total_value_cny) as value_cny,
                        sum(earlier.total_value_cny) as base_value_cny, count(*) as mills
                    from candidate.enterprise_mix as now
                    inner join candidate.enterprise_mix as earlier
                        on earlier.enterprise_uscc = now.enterprise_uscc
                        and earlier.month = cast(now.month - interval '1 year' as date)
                    group by now.month
                ) as mix on mix.month = own.period_start
                where own.period_type = 'month' and own.basis = 'order_book' and own.product_group = 'ALL'
                    and own.market_scope = 'all' and own.matched_value_cny is not null
                    and (
                        own.matched_value_cny <> coalesce(mix.value_cny, 0)
                        or own.matched_base_value_cny <> coalesce(mix.base_value_cny, 0)
                        or own.mills_matched <> coalesce(mix.mills, 0)
                    )
                """,
            ),
            no_row(
                "plain_growth_is_that_of_growth",
                "总增速必须与增速表一致，内销加出口必须等于全部",
                "the plain growth must be that of growth, and domestic plus export all",
                """
                select own.period_type, own.period_start, own.basis, own.product_group
                from (
                    select period_type, period_start, basis, product_group,
                        sum(value_cny) filter (where market_scope = 'all') as value_cny,
                        sum(base_value_cny) filter (where market_scope = 'all') as base_value_cny,
                        coalesce(sum(value_cny) filter (where market_scope <> 'all'), 0) as split_value_cny,
                        sum(base_value_cny) filter (where market_scope <> 'all') as split_base_value_cny
                    from {batch}
                    group by period_type, period_start, basis, product_group
                ) as own
                left join candidate.growth as whole
                    on whole.market_level = 'all'
                    and (whole.period_type, whole.period_start, whole.basis, whole.product_group)
                        = (own.period_type, own.period_start, own.basis, own.product_group)
                where own.value_cny is distinct from whole.value_cny
                    or own.base_value_cny is distinct from whole.base_value_cny
                    or own.split_value_cny <> own.value_cny
                    or own.split_base_value_cny is distinct from own.base_value_cny
                """,
            ),
        ],
    )
