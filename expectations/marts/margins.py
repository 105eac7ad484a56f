"""Rules of the mart margins."""

import great_expectations as gx

from expectations.release_rules import comparable, figures_or_reasons, grain, low_bases_flagged, no_row
from expectations.rules import suite

_CELL = "period_type, period_start, basis, product_group, market_level, market_group, market_code"
_SAME_CELL = """
    split.market_level = grown.market_level
    and (split.period_type, split.period_start, split.basis, split.product_group)
        = (grown.period_type, grown.period_start, grown.basis, grown.product_group)
    and coalesce(split.market_group, '') = coalesce(grown.market_group, '')
    and coalesce(split.market_code, '') = coalesce(grown.market_code, '')
"""
# Per mill and month: its relations of the month, of a year earlier and of both. Only the twelve newest months
# with a base, to save time.
_MILLS = """
    select basis, month, bool_or(base is not null) as was_there,
        sum(value) filter (where base is null) as entered,
        count(*) filter (where base is null) as entered_count,
        sum(base) filter (where value is null) as leaving,
        count(*) filter (where value is null) as leaving_count,
        sum(value) filter (where base is not null) as continuing,
        sum(base) filter (where value is not null) as continuing_base,
        count(*) filter (where value is not null and base is not null) as continuing_count
    from (
        select basis, month, enterprise_uscc, sum(value_cny) filter (where is_own) as value,
            sum(value_cny) filter (where not is_own) as base
        from (
            select basis, month, enterprise_uscc, product_group, market_code, value_cny, true as is_own
            from intermediate.int_sales__by_mill
            union all
            select basis, cast(month + interval '1 year' as date) as month, enterprise_uscc, product_group,
                market_code, value_cny, false as is_own
            from intermediate.int_sales__by_mill
        ) as sold
        inner join (
            select basis, month
            from (
                select basis, month, row_number() over (partition by basis order by month desc) as newest
                from (
                    select basis, month from candidate.market_share
                    intersect
                    select basis, cast(month + interval '1 year' as date) from candidate.market_share
                ) as months
            ) as numbered
            where newest <= 12
        ) as compared using (basis, month)
        group by basis, month, enterprise_uscc, product_group, market_code
    ) as relations
    group by basis, month, enterprise_uscc
"""


def margins() -> gx.ExpectationSuite:
    """The margins sum to the change, which is that of growth."""
    return suite(
        "margins",
        [
            grain(
                *("period_type", "period_start", "basis", "product_group"),
                *("market_level", "market_group", "market_code"),
            ),
            figures_or_reasons(
                {
                    "continuing_pp": "margin_reason",
                    "entering_known_mill_pp": "margin_reason",
                    "entering_new_mill_pp": "margin_reason",
                    "leaving_pp": "margin_reason",
                    "new_customer_count": "new_customer_reason",
                    "new_customer_value_cny": "new_customer_reason",
                }
            ),
            no_row(
                "margins_sum_to_change",
                "延续、进入与退出之和必须等于变化额与增速",
                "continuing, entering and leaving relations must sum to the change, in yuan and in points",
                """
                select * from {batch}
                where continuing_value_cny - continuing_base_value_cny + entering_known_mill_value_cny
                        + entering_new_mill_value_cny - leaving_base_value_cny <> change_cny
                    or change_cny is distinct from value_cny - base_value_cny
                    or continuing_base_value_cny + leaving_base_value_cny is distinct from base_value_cny
                    or abs(
                        continuing_pp + entering_known_mill_pp + entering_new_mill_pp + leaving_pp
                        - 100 * change_cny / nullif(base_value_cny, 0)
                    ) > 1e-9 * (1 + abs(100 * change_cny / nullif(base_value_cny, 0)))
                """,
            ),
            no_row(
                "margins_are_those_of_growth",
                "本期与基期的销售额必须与增速表一致，且各行齐全",
                "the sales of period and base must be those of growth, row for row",
                f"""
                select *
                from (select {_CELL}, value_cny, base_value_cny from {{batch}}) as split
                full join (
                    select {_CELL}, value_cny, base_value_cny from candidate.growth
                    where period_type in ('month', 'ytd', 'janfeb')
                ) as grown
                    on {_SAME_CELL}
                where (
                        split.value_cny is distinct from grown.value_cny
                        or split.base_value_cny is distinct from grown.base_value_cny
                    )
                    -- Growth also has markets with sales only in the month before.
                    and not (
                        split.value_cny is null and grown.value_cny = 0
                        and coalesce(grown.base_value_cny, 0) = 0
                    )
                """,  # noqa: S608  (our own columns)
            ),
            comparable(),
            low_bases_flagged("base_value_cny"),
            no_row(
                "new_customers_are_those_of_the_order_book",
                "新客户数必须能由订单重新算出",
                "the new customers of a month must be those whose first order ever is in it",
                """
                select mart.period_start, mart.new_customer_count, firsts.customers
                from {batch} as mart
                left join (
                    select first_month, count(*) as customers
                    from (
                        select min(month) as first_month,
                            min(min(month)) over (partition by enterprise_uscc) as mill_month
                        from intermediate.int_sales__by_customer
                        group by enterprise_uscc, customer_code
                    ) as customers
                    where mill_month <= first_month - interval '1 year'
                    group by first_month
                ) as firsts on firsts.first_month = mart.period_start
                where mart.period_type = 'month' and mart.product_group = 'ALL'
                    and mart.market_level = 'all'
                    and mart.new_customer_count <> coalesce(firsts.customers, 0)
                """,
            ),
            no_row(
                "margins_are_those_of_the_relations",
                "近十二个月的延续、新增与退出必须与逐个贸易关系核算的一致",
                "the newest months' continuing, entering and leaving must be those of the single relations",
                f"""
                select *
                from (
                    select basis, month, sum(entered) filter (where was_there) as entered_known,
                        sum(entered) filter (where not was_there) as entered_new, sum(leaving) as leaving,
                        sum(entered_count) as entered_count, sum(leaving_count) as leaving_count,
                        sum(continuing_count) as continuing_count, sum(continuing) as continuing,
                        sum(continuing_base) as continuing_base,
                        count(*) filter (where not was_there) as new_mills
                    from ({_MILLS}) as mills
                    group by basis, month
                ) as again
                left join (
                    select * from {{batch}}
                    where period_type = 'month' and product_group = 'ALL' and market_level = 'all'
                ) as split on split.basis = again.basis and split.period_start = again.month
                where coalesce(again.entered_known, 0) is distinct from split.entering_known_mill_value_cny
                    or coalesce(again.entered_new, 0) is distinct from split.entering_new_mill_value_cny
                    or coalesce(again.leaving, 0) is distinct from split.leaving_base_value_cny
                    or coalesce(again.continuing, 0) is distinct from split.continuing_value_cny
                    or coalesce(again.continuing_base, 0) is distinct from split.continuing_base_value_cny
                    or again.entered_count is distinct from split.entering_relations
                    or again.leaving_count is distinct from split.leaving_relations
                    or again.continuing_count is distinct from split.continuing_relations
                    or again.new_mills is distinct from split.new_mills
                """,  # noqa: S608  (our own query)
            ),
            no_row(
                "relations_fit_their_values",
                "没有关系就没有金额，新客户的金额不得超过全部",
                "without relations there is no value, and new customers buy no more than all",
                """
                select * from {batch}
                where entering_relations = 0
                        and entering_known_mill_value_cny + entering_new_mill_value_cny <> 0
                    or leaving_relations = 0 and leaving_base_value_cny <> 0
                    or continuing_relations = 0 and continuing_value_cny <> 0
                    or new_mills = 0 and entering_new_mill_value_cny <> 0
                    or new_customer_count = 0 and new_customer_value_cny <> 0
                    or new_customer_value_cny > greatest(value_cny, 0)
                """,
            ),
        ],
    )
