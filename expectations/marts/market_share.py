"""Rules of the mart market_share."""

import great_expectations as gx

from expectations.release_rules import decided, figure_or_reason, figures_or_reasons, finished, grain, no_row
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
                    or (share is null) <> (total_value_cny = 0 or total_lines_without_rate > 0)
                """,
            ),
            finished("own.basis"),
            no_row(
                "a_quantity_speaks_for_its_value",
                "数量覆盖率不足时不得计算数量份额",
                "a share of quantities needs quantities for enough of the value, of cell and total",
                f"""
                select * from (
                    select *, sum(quantified_value_cny) over (
                            partition by month, basis, product_group, market_level
                        ) as total_quantified_value_cny
                    from {{batch}}
                ) as cells
                where quantity_unit is not null
                    and (share_quantity_reason is not distinct from 'quantity_partly_known') <> (
                        quantified_value_cny < {decided("quantity_coverage")} * value_cny
                        or total_quantified_value_cny < {decided("quantity_coverage")} * total_value_cny
                    )
                """,  # noqa: S608  (our own number)
            ),
            figure_or_reason("share", "share_reason"),
            figure_or_reason("share_change_yoy_pp", "share_change_reason"),
            figures_or_reasons(
                {
                    "share_change_3m_pp": "share_change_3m_reason",
                    "share_usd": "share_usd_reason",
                    "share_quantity": "share_quantity_reason",
                    "share_today_members": "share_reason",
                }
            ),
            no_row(
                "other_shares_are_parts_of_their_totals",
                "美元份额、数量份额与按现行成员计算的份额必须等于分子除以分母",
                "shares of dollars, quantity and today's members must be their numerators over their totals",
                """
                select * from {batch}
                where abs(share_usd * total_value_usd - value_usd) > 0.005
                    or abs(share_quantity * total_quantity - coalesce(quantity, 0)) > 1e-6 * total_quantity
                    or abs(share_today_members * total_value_cny - value_today_members_cny) > 0.005
                    or not 0 <= processing_value_cny
                    or not quantified_value_cny between 0 and value_cny
                    or processing_value_cny > value_cny
                """,
            ),
            no_row(
                "totals_are_sums_of_their_cells",
                "美元、数量和按现行成员计算的合计必须等于各格之和",
                "totals of dollars, quantity and today's members must be the sums of their cells",
                """
                select month, basis, product_group, market_level from {batch}
                group by month, basis, product_group, market_level
                having (count(value_usd) = count(*) and sum(value_usd) is distinct from max(total_value_usd))
                    or sum(quantity) is distinct from max(total_quantity)
                    or sum(value_today_members_cny) <> max(total_value_cny)
                    or sum(lines_without_rate) <> max(total_lines_without_rate)
                """,
            ),
            no_row(
                "lines_without_rate_are_counted",
                "尚无汇率的订单行数必须与月度销售表一致",
                "the lines without an exchange rate must be those of the sales",
                """
                select *
                from (
                    select month, basis, sum(lines_without_rate) as counted from {batch}
                    where product_group = 'ALL' and market_level = 'market'
                    group by month, basis
                ) as mart
                full join (
                    select month, basis, sum(lines_without_rate) as sold
                    from intermediate.int_sales__monthly
                    group by month, basis
                ) as sales using (month, basis)
                where mart.counted is distinct from sales.sold
                """,
            ),
            no_row(
                "ranks_follow_values",
                "名次必须与销售额一致",
                "the rank of a cell is one more than the number of cells that sold more",
                """
                select cell.* from {batch} as cell
                inner join (
                    select month, basis, product_group, market_level, value_cny,
                        sum(count(*)) over (
                            partition by month, basis, product_group, market_level
                            order by value_cny desc rows between unbounded preceding and current row
                        ) - count(*) as sold_more
                    from {batch}
                    group by month, basis, product_group, market_level, value_cny
                ) as counted using (month, basis, product_group, market_level, value_cny)
                where cell.value_rank <> counted.sold_more + 1
                    or (cell.value_rank_12m_before is null) <> (coalesce(cell.base_value_cny, 0) <= 0)
                    or (cell.value_rank_3m_before is null) <> (coalesce(cell.value_3m_before_cny, 0) <= 0)
                """,
            ),
            no_row(
                "bases_are_the_months_before",
                "基期数必须等于三个月前、十二个月前同一市场的数",
                "the sales of three and twelve months before must be those of the rows of these months",
                """
                select own.month, own.basis, own.product_group, own.market_code, spans.months
                from {batch} as own
                cross join lateral (
                    values (12, own.base_value_cny, own.base_total_value_cny),
                        (3, own.value_3m_before_cny, own.total_value_3m_before_cny)
                ) as spans (months, value_cny, total_value_cny)
                left join {batch} as earlier
                    on earlier.month = cast(own.month - make_interval(months => spans.months) as date)
                    and (earlier.basis, earlier.product_group, earlier.market_level, earlier.market_code)
                        = (own.basis, own.product_group, own.market_level, own.market_code)
                left join (
                    select distinct month, basis, product_group, total_value_cny from {batch}
                ) as totals
                    on totals.month = cast(own.month - make_interval(months => spans.months) as date)
                    and (totals.basis, totals.product_group) = (own.basis, own.product_group)
                where own.market_level = 'market' and spans.value_cny is not null
                    and (
                        spans.value_cny <> coalesce(earlier.value_cny, 0)
                        or spans.total_value_cny <> coalesce(totals.total_value_cny, 0)
                    )
                """,
            ),
            no_row(
                "share_changes_sum_to_zero",
                "同一层级份额变化之和必须为零",
                "the changes of share of a level must sum to 0",
                """
                select month, basis, product_group, market_level from {batch}
                group by month, basis, product_group, market_level
                having abs(sum(share_change_yoy_pp)) > 1e-9 or abs(sum(share_change_3m_pp)) > 1e-9
                """,
            ),
            no_row(
                "share_changes_are_differences",
                "份额变化必须等于两期份额之差",
                "a change of share must be the share less the share then, in percentage points",
                """
                select * from {batch}
                where abs(
                        share_change_yoy_pp - 100 * (share - base_value_cny / nullif(base_total_value_cny, 0))
                    ) > 1e-9
                    or abs(
                        share_change_3m_pp
                        - 100 * (share - value_3m_before_cny / nullif(total_value_3m_before_cny, 0))
                    ) > 1e-9
                """,
            ),
        ],
    )
