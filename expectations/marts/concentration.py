"""Rules of the mart concentration."""

import great_expectations as gx
import great_expectations.expectations as gxe

from expectations.release_rules import grain, no_row
from expectations.rules import suite

# Every period of the mart, and whether it is finished.
_PERIODS = """
    select distinct period_type, period_start, period_end, basis,
        comparability_reason is distinct from 'period_not_finished' as is_finished
    from candidate.growth
    where period_type in ('month', 'ytd') and growth_reason is distinct from 'period_incomplete'
"""
# Dates first, because dates are fast to sort.
_KEY = "period_start, product_group, market_scope, basis, period_type"


def concentration() -> gx.ExpectationSuite:
    """Indices are within their bounds, and follow from the sales."""
    return suite(
        "concentration",
        [
            grain("period_type", "period_start", "basis", "product_group", "market_scope", "dimension"),
            no_row(
                "concentration_within_bounds",
                "赫芬达尔指数必须在 1/n 与 1 之间，前四位份额与最大份额必须相符",
                "the Herfindahl index must be between 1/n and 1, and fit the largest shares",
                """
                select * from {batch}
                where herfindahl_index < 1.0 / member_count - 1e-12
                    or herfindahl_index > largest_share + 1e-12
                    or herfindahl_index < largest_share * largest_share - 1e-12
                    or largest_four_share not between largest_share and 1
                    or member_count <= 4 and largest_four_share <> 1
                    or largest_four_share < least(1, 4.0 / member_count) - 1e-12
                    or abs(herfindahl_index * equivalents_number - 1) > 1e-9
                    or abs(largest_four_share * value_cny - largest_four_value_cny) > 0.005
                    or abs(largest_share * value_cny - largest_value_cny) > 0.005
                    or left_out_value_cny > 0
                """,
            ),
            *_periods_and_totals(),
            *_recomputed(),
        ],
    )


def _periods_and_totals() -> list[gxe.Expectation]:
    """The figures are complete: all months of a period, all sales of a scope."""
    return [
        no_row(
            "periods_are_whole",
            "缺月的期间不得出现，未结束的月份必须注明",
            "a period with a missing month must have no row, an unfinished month must be marked",
            f"""
            select mart.period_type, mart.period_start, mart.basis
            from (
                select distinct period_type, period_start, period_end, basis, is_finished from {{batch}}
            ) as mart
            left join ({_PERIODS}) as periods
                using (period_type, period_start, period_end, basis, is_finished)
            left join (select distinct basis, month from candidate.market_share) as months
                on months.basis = mart.basis and months.month between mart.period_start and mart.period_end
            group by mart.period_type, mart.period_start, mart.period_end, mart.basis
            having count(months.month) <> extract(month from age(mart.period_end + 1, mart.period_start))
                    + 12 * extract(year from age(mart.period_end + 1, mart.period_start))
                or bool_or(periods.period_type is null)
            """,  # noqa: S608  (our own query)
        ),
        no_row(
            "totals_are_those_of_market_share",
            "成员销售额加未计入部分必须等于市场份额表的总额，且各维度齐全",
            "members and excluded sales must have the total of market_share, in every dimension",
            f"""
            select *
            from (
                select period_type, period_start, basis, product_group, dimension,
                    sum(total_value_cny) as total
                from ({_PERIODS}) as periods
                inner join (
                    select distinct month, basis, product_group, total_value_cny from candidate.market_share
                ) as shares using (basis)
                cross join (values ('customers'), ('markets'), ('mills'), ('products')) as d (dimension)
                where month between period_start and period_end
                    and (dimension <> 'customers' or basis = 'order_book')
                group by period_type, period_start, basis, product_group, dimension
            ) as sold
            full join (select * from {{batch}} where market_scope = 'all') as mart
                using (period_type, period_start, basis, product_group, dimension)
            where mart.value_cny + mart.left_out_value_cny is distinct from sold.total
                and not (mart.value_cny is null and sold.total <= 0)
            """,  # noqa: S608  (our own query)
        ),
        no_row(
            "domestic_plus_export_is_all",
            "内销加出口必须等于全部",
            "domestic and export sales must add up to all, in every dimension",
            """
            select period_type, period_start, basis, product_group, dimension from {batch}
            group by period_type, period_start, basis, product_group, dimension
            having sum(value_cny + left_out_value_cny) filter (where market_scope = 'all')
                is distinct from sum(value_cny + left_out_value_cny) filter (where market_scope <> 'all')
            """,
        ),
    ]


def _recomputed() -> list[gxe.Expectation]:
    """The figures recomputed from each member's sales, from other tables than the model's if possible."""
    return [
        _members(
            "markets_are_those_of_market_share",
            "市场集中度必须与份额表一致",
            "the concentration of markets must be that of the markets in market_share",
            "dimension = 'markets' and market_scope = 'all'",
            f"""
            select period_type, period_start, basis, product_group, 'all' as market_scope,
                sum(value_cny) as value
            from ({_PERIODS}) as periods
            inner join candidate.market_share using (basis)
            where month between period_start and period_end and market_level = 'market'
            group by period_type, period_start, basis, product_group, market_code
            """,  # noqa: S608  (our own query)
        ),
        _members(
            "mills_are_those_of_enterprise_mix",
            "企业集中度必须与企业构成表一致",
            "the concentration of mills must be that of the mills in enterprise_mix, in every scope",
            "dimension = 'mills' and basis = 'order_book' and product_group = 'ALL'",
            f"""
            select period_type, period_start, basis, 'ALL' as product_group, market_scope,
                sum(sold.value) as value
            from ({_PERIODS}) as periods
            inner join candidate.enterprise_mix on month between period_start and period_end
            cross join lateral (
                values ('all', total_value_cny), ('domestic', domestic_value_cny),
                    ('export', export_value_cny)
            ) as sold (market_scope, value)
            where basis = 'order_book'
            group by period_type, period_start, basis, market_scope, enterprise_uscc
            """,  # noqa: S608  (our own query)
        ),
        _members(
            "products_are_those_of_the_items",
            "产品集中度必须与各商品编码的销售额一致",
            "the concentration of products must be that of the sales by HS code, month by month",
            "dimension = 'products' and period_type = 'month' and market_scope = 'all'",
            """
            select 'month' as period_type, month as period_start, basis, product_group, 'all' as market_scope,
                sum(value_cny) as value
            from (
                select basis, month, value_cny, substring(hs_code for 6) as subheading,
                    unnest(array['ALL', product_group]) as product_group
                from intermediate.int_sales__by_item
            ) as items
            group by basis, month, product_group, subheading
            """,
        ),
        _members(
            "customers_are_those_of_the_orders",
            "客户集中度必须与各客户的销售额一致",
            "the concentration of customers must be that of the sales by customer, month by month",
            "dimension = 'customers' and period_type = 'month' and product_group = 'ALL'"
            " and market_scope = 'all'",
            """
            select month as period_start, sum(value_cny) as value
            from intermediate.int_sales__by_customer
            group by month, enterprise_uscc, customer_code
            """,
            key="period_start",
        ),
    ]


def _members(code: str, zh: str, en: str, condition: str, members: str, key: str = _KEY) -> gxe.Expectation:
    """The rows of the ``condition`` follow from ``members``, which has ``key`` and value of each.

    The index of n members is (1 + v) / n, where v is the variance of their values over the squared mean.
    """
    return no_row(
        code,
        zh,
        en,
        f"""
        select *
        from (
            select {key}, count(*) as members, sum(value) as total,
                (1 + var_pop(value) / (avg(value) * avg(value))) / count(*) as index,
                (array_agg(value order by value desc))[1:4] as largest
            from ({members}) as members
            where value > 0
            group by {key}
        ) as counted
        full join (select * from {{batch}} where {condition}) as mart
            using ({key})
        where counted.members is distinct from mart.member_count
            or counted.total <> mart.value_cny
            or abs(counted.index - mart.herfindahl_index) > 1e-9
            or counted.largest[1] <> mart.largest_value_cny
            or (select sum(value) from unnest(counted.largest) as four (value))
                <> mart.largest_four_value_cny
        """,  # noqa: S608  (our own queries)
    )
