-- Number of mills by cell of a month: a market group, all exports, or all sales of a product group. Of customs the
-- bulletin has exports only. Where lines have no exchange rate, the number of mills in the known amount is not known:
-- it counts as one.
select
    basis,
    month,
    product_group as product,
    market_group as part,
    case when lines_without_rate > 0 then 1 else enterprise_count end as mills
from marts.market_share
where market_level = 'group' and (basis = 'order_book' or market_group <> 'DOMESTIC')
union all
select
    basis,
    period_start as month,
    product_group as product,
    market_scope as part,
    case when lines_without_rate > 0 then 1 else member_count end as mills
from marts.concentration
where dimension = 'mills' and period_type = 'month'
    and (market_scope = 'export' or (market_scope = 'all' and basis = 'order_book'))
