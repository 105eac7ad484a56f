-- Markets abroad without sales in the year before; one row for all of them where that is not known. Mills: the largest
-- number of a month, a lower bound for the year to date.
select
    m.period_start as month,
    m.period_end,
    m.product_group as product,
    m.market_code as member,
    m.value_cny,
    m.base_value_cny,
    m.entering_relations,
    m.margin_reason,
    m.stage,
    (
        select coalesce(max(s.enterprise_count), 1) from marts.market_share as s
        where s.basis = m.basis and s.product_group = m.product_group and s.market_level = 'market'
            and s.market_code = m.market_code and s.month between m.period_start and m.period_end
    ) as mills
from marts.margins as m
where m.basis = 'customs' and m.period_type = 'ytd' and m.market_level = 'market' and m.market_group <> 'DOMESTIC'
    and m.margin_reason = 'zero_base' and m.value_cny > 0
union all
select
    m.period_start,
    m.period_end,
    p.product_group,
    'ABROAD',
    null,
    null,
    null,
    m.margin_reason,
    m.stage,
    null
from marts.margins as m
cross join marts.dim_product as p
where m.basis = 'customs' and m.period_type = 'ytd' and m.market_level = 'all' and m.product_group = 'ALL'
    and m.margin_reason <> 'zero_base'
order by product, month, value_cny desc
