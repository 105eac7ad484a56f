-- How fast did denim turn, and since when?
-- 牛仔布转向有多快？从何时开始？
-- Points per month over six months; the month in which the turn began.
select month, domestic_share, domestic_share_change_6m_pp, domestic_share_speed_pp, switch_month
from marts.dual_circulation
where product_group = 'denim' and is_turning
order by month;
