-- New domestic customers by province. Mills: the largest number of a month, a lower bound for the year to date.
select
    m.period_start as month,
    m.period_end,
    m.product_group as product,
    m.market_code as member,
    m.new_customer_count,
    m.new_customer_value_cny,
    m.value_cny,
    m.new_customer_reason,
    m.stage,
    (
        select coalesce(max(s.enterprise_count), 1) from marts.market_share as s
        where s.basis = m.basis and s.product_group = m.product_group and s.market_level = 'market'
            and s.market_code = m.market_code and s.month between m.period_start and m.period_end
    ) as mills
from marts.margins as m
where m.basis = 'order_book' and m.period_type = 'ytd' and m.market_level = 'market' and m.market_group = 'DOMESTIC'
order by m.product_group, m.period_start, m.new_customer_value_cny desc nulls last, m.value_cny desc
