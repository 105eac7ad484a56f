-- Domestic and export sales by month
-- 内外销（按月）
-- dashboard: overview
select month, domestic_value_cny, export_value_cny, domestic_share, balance_index, domestic_share_change_6m_pp
from marts.dual_circulation
where product_group = 'ALL'
order by month;
