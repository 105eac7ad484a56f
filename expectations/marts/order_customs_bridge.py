"""Rules of the mart order_customs_bridge."""

import great_expectations as gx

from expectations.release_rules import decided, figures_or_reasons, grain, no_row
from expectations.rules import suite


def order_customs_bridge() -> gx.ExpectationSuite:
    """Each order month and each declaration is used once, and the reasons follow the figures."""
    return suite(
        "order_customs_bridge",
        [
            grain("enterprise_uscc", "product_group", "month"),
            figures_or_reasons({"gap_share": "gap_share_reason", "quantity_gap": "quantity_gap_reason"}),
            no_row(
                "bridge_has_all_orders",
                "每家企业每月的出口订单必须恰好计入一次",
                "the orders of each mill and order month must be the exports of enterprise_mix",
                """
                select *
                from (
                    select enterprise_uscc, order_month as month, sum(order_value_cny) as ordered
                    from {batch}
                    group by enterprise_uscc, order_month
                ) as bridge
                full join candidate.enterprise_mix as mix using (enterprise_uscc, month)
                where coalesce(bridge.ordered, 0) <> coalesce(mix.export_value_cny, 0)
                """,
            ),
            no_row(
                "bridge_has_all_declarations",
                "每月各类产品的报关出口必须恰好计入一次",
                "the declarations of each month and product group must be the exports of market_share",
                """
                select *
                from (
                    select month, product_group, sum(declared_value_cny) as declared
                    from {batch}
                    group by month, product_group
                ) as bridge
                full join (
                    select month, product_group, sum(value_cny) as declared
                    from candidate.market_share
                    where basis = 'customs' and market_level = 'group' and market_group <> 'DOMESTIC'
                        and product_group <> 'ALL'
                    group by month, product_group
                ) as market using (month, product_group)
                where coalesce(bridge.declared, 0) <> coalesce(market.declared, 0)
                """,
            ),
            no_row(
                "gap_is_declared_less_ordered",
                "差额必须等于报关减订单，差额率与数量差额亦然",
                "the gaps must be declared less ordered, and their share of the orders",
                """
                select * from {batch}
                where order_value_cny + gap_cny <> declared_value_cny
                    or order_quantity + quantity_gap <> declared_quantity
                    or abs(gap_share * order_value_cny - gap_cny) > 0.005
                """,
            ),
            no_row(
                "one_lag_of_0_to_3_months",
                "每家企业每类产品只有一个 0 至 3 个月的时滞",
                "each mill and product has one lag of 0 to 3 months, and order_month follows it",
                """
                select enterprise_uscc from {batch}
                group by enterprise_uscc, product_group
                having min(lag_months) <> max(lag_months) or min(lag_months) < 0 or max(lag_months) > 3
                    or bool_or(order_month + lag_months * interval '1 month' <> month)
                """,
            ),
            no_row(
                "no_other_lag_fits_better",
                "所选时滞的绝对差额之和必须最小",
                "no other lag may have a smaller sum of absolute gaps over the same months",
                """
                with finished as (
                    select basis, month from intermediate.int_sales__months where is_finished
                ),
                orders as (
                    select enterprise_uscc, product_group, order_month, order_value_cny as ordered,
                        min(order_month) over mill as first_month,
                        max(finished.month) over mill as last_month
                    from {batch}
                    left join finished on finished.basis = 'order_book' and finished.month = order_month
                    where currency_path <> 'no_orders'
                    window mill as (partition by enterprise_uscc, product_group)
                ),
                lags as (
                    select d.enterprise_uscc, d.product_group, d.lag_months, lag.months,
                        sum(abs(d.declared_value_cny - coalesce(o.ordered, 0))) as gaps
                    from {batch} as d
                    inner join (
                        select distinct enterprise_uscc, product_group, first_month, last_month from orders
                    ) as book using (enterprise_uscc, product_group)
                    cross join generate_series(0, 3) as lag (months)
                    left join orders as o
                        on o.enterprise_uscc = d.enterprise_uscc and o.product_group = d.product_group
                            and o.order_month + lag.months * interval '1 month' = d.month
                    where d.reason_code not in
                            ('not_yet_declared', 'before_customs_records', 'declarations_missing')
                        and d.month in (select month from finished where basis = 'customs')
                        and d.month - interval '3 months' >= book.first_month and d.month <= book.last_month
                    group by d.enterprise_uscc, d.product_group, d.lag_months, lag.months
                )
                select * from lags as chosen
                inner join lags as other using (enterprise_uscc, product_group)
                where chosen.months = chosen.lag_months
                    and (other.gaps, other.months) < (chosen.gaps, chosen.months)
                """,
            ),
            no_row(
                "gap_reason_follows_the_figures",
                "差额原因必须与数值一致",
                "the reason of a gap must follow from the values and quantities",
                """
                select * from {batch}
                where reason_code in ('not_yet_declared', 'before_customs_records', 'declarations_missing')
                        and declared_value_cny <> 0
                    or reason_code in ('before_order_book', 'orders_missing')
                        and (currency_path <> 'no_orders' or order_value_cny <> 0)
                    or reason_code in ('incoterm_differs', 'price_differs', 'quantity_differs')
                        and quantity_gap is null
                    or reason_code in ('incoterm_differs', 'price_differs')
                        and (reason_code = 'incoterm_differs') <> (order_not_fob_value_cny > 0)
                    or order_not_fob_value_cny > order_value_cny
                    or reason_code = 'quantity_not_comparable' and quantity_gap is not null
                    or reason_code in ('incoterm_differs', 'price_differs')
                        and order_value_cny > 0 and order_quantity > 0
                        and abs(quantity_gap) * order_value_cny >= abs(gap_cny) * order_quantity
                """,
            ),
            no_row(
                "what_agrees_is_within_the_tolerance",
                "相符的月份差额不得超过容差，不相符的必须超过",
                "a gap that agrees must be within bridge_tolerance of the orders, one that differs above it",
                f"""
                select * from {{batch}}
                where reason_code in
                        ('agrees', 'incoterm_differs', 'price_differs', 'quantity_differs',
                        'quantity_not_comparable')
                    and (reason_code = 'agrees') <> (
                        declared_value_cny between order_value_cny * (1 - {decided("bridge_tolerance")})
                            and order_value_cny * (1 + {decided("bridge_tolerance")})
                    )
                """,  # noqa: S608  (our own number)
            ),
            no_row(
                "only_finished_months_are_judged",
                "未结束的月份不得作判断",
                "an unfinished month, of orders or of declarations, has no verdict",
                """
                select * from {batch}
                left join (
                    select
                        max(month) filter (where basis = 'order_book') as last_order_month,
                        max(month) filter (where basis = 'customs') as last_customs_month
                    from intermediate.int_sales__months where is_finished
                ) as finished on true
                where (
                        month <= coalesce(last_customs_month, '-infinity')
                        and order_month <= coalesce(last_order_month, '-infinity')
                    ) = (reason_code in ('not_yet_declared', 'month_not_finished'))
                    and reason_code not in ('declarations_missing', 'before_customs_records')
                """,
            ),
        ],
    )
