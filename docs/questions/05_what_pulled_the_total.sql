-- Which market pulled the total?
-- 哪个市场拉动了总额？
-- Percentage points of the whole's growth; they add up to it.
-- 对总增速的拉动百分点；相加等于总增速。
select member, change_cny, contribution_pp, total_growth_pp, residual_pp
from marts.growth_contribution
where period_type = 'ytd' and basis = 'customs' and product_group = 'ALL' and dimension = 'market_group'
    and period_start = (
        select max(period_start) from marts.growth_contribution
        where period_type = 'ytd' and basis = 'customs' and contribution_pp is not null
    )
order by contribution_rank;
