-- How many mills are behind every cell of a month: a market group, all exports, or all sales of a product group.
-- Of customs the bulletin shows exports only: no figure of it holds what counts as domestic.
select
    basis,
    month,
    product_group as product,
    market_group as part,
    enterprise_count as mills
from marts.market_share
where market_level = 'group' and (basis = 'order_book' or market_group <> 'DOMESTIC')
union all
select
    basis,
    period_start as month,
    product_group as product,
    market_scope as part,
    member_count as mills
from marts.concentration
where dimension = 'mills' and period_type = 'month'
    and (market_scope = 'export' or (market_scope = 'all' and basis = 'order_book'))
