"""How much depends on a few: what the mart concentration must satisfy."""

import great_expectations as gx

from expectations.release_rules import grain, no_row
from expectations.rules import suite


def concentration() -> gx.ExpectationSuite:
    """Indices lie within their bounds, and are those of the sales."""
    return suite(
        "concentration",
        [
            grain("period_type", "period_start", "basis", "product_group", "market_scope", "dimension"),
            no_row(
                "concentration_within_bounds",
                "赫芬达尔指数必须在 1/n 与 1 之间，前四位份额与最大份额必须相符",
                "the Herfindahl index must lie between 1/n and 1, and fit the largest shares",
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
                """,
            ),
            no_row(
                "market_concentration_is_that_of_the_shares",
                "市场集中度必须等于份额平方和",
                "the index of markets must be the sum of the squared shares of market_share",
                """
                select indexed.* from {batch} as indexed
                inner join (
                    select month, basis, product_group, count(*) as markets, max(total_value_cny) as total,
                        sum(share * share) as squares
                    from (
                        select month, basis, product_group, market_code, sum(share) as share,
                            max(total_value_cny) as total_value_cny
                        from candidate.market_share
                        where market_level = 'market' and value_cny > 0
                        group by month, basis, product_group, market_code
                    ) as shares
                    group by month, basis, product_group
                ) as shared
                    on (shared.month, shared.basis, shared.product_group)
                        = (indexed.period_start, indexed.basis, indexed.product_group)
                where indexed.period_type = 'month' and indexed.dimension = 'markets'
                    and indexed.market_scope = 'all'
                    and (
                        indexed.member_count <> shared.markets or indexed.value_cny <> shared.total
                        or abs(indexed.herfindahl_index - shared.squares) > 1e-9
                    )
                """,
            ),
            no_row(
                "dimensions_have_one_total",
                "同一范围内各维度的销售额必须相同，内销加出口必须等于全部",
                "every dimension of a scope must have the same sales, and domestic plus export all",
                """
                select period_type, period_start, basis, product_group from {batch}
                group by period_type, period_start, basis, product_group
                having count(distinct value_cny) filter (where market_scope = 'all') > 1
                    or sum(value_cny) filter (where market_scope = 'all')
                        is distinct from sum(value_cny) filter (where market_scope <> 'all')
                """,
            ),
        ],
    )
