-- Which mills have turned to the domestic market?
-- 哪些企业转向了国内市场？
-- Mills whose share stands ten points above that of six months before (restricted).
select enterprise_uscc, domestic_share, domestic_share_change_6m_pp, switch_month, total_value_cny
from marts.enterprise_mix
where is_turning and month = (select max(month) from marts.enterprise_mix)
order by domestic_share_change_6m_pp desc
limit 20;
