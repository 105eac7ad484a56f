-- What pulled exports, year to date
-- 出口增长的拉动因素（年初至今）
-- dashboard: markets
select period_start, product_group, member, change_cny, contribution_pp, total_growth_pp, contribution_rank
from marts.growth_contribution
where period_type = 'ytd' and basis = 'customs' and dimension = 'market_group'
order by period_start, product_group, contribution_rank;
