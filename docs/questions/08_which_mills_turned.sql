-- Which mills have turned to the domestic market?
-- 哪些企业转向了国内市场？
-- Mills that ever turned, the latest first (restricted); is_turning: ten points above six months before.
-- 曾经转向的企业，最近的在先（内部数据）；is_turning：比六个月前高出十个百分点。
select enterprise_uscc, mill_type, switch_month, is_turning, domestic_share, domestic_share_change_6m_pp,
    total_value_cny
from marts.enterprise_mix
where switch_month is not null and month = (select max(month) from marts.enterprise_mix where is_finished)
order by switch_month desc, total_value_cny desc
limit 20;
