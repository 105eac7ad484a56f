-- Which kind of mill pulled the total?
-- 哪类企业拉动了总额？
-- By the kind of mill on the period's last day.
-- 按期间最后一天的企业类型。
select member, value_cny, base_value_cny, contribution_pp
from marts.growth_contribution
where period_type = 'r12' and basis = 'order_book' and product_group = 'ALL' and dimension = 'mill_type'
    and period_start = (
        select max(period_start) from marts.growth_contribution
        where period_type = 'r12' and basis = 'order_book' and contribution_pp is not null
    )
order by contribution_rank;
