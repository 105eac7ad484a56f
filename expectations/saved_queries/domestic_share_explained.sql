-- Why denim's domestic share moved
-- 牛仔布内销占比变动原因
-- dashboard: overview
select month, comparison, domestic_share_change_pp, numerator_effect_pp, denominator_effect_pp,
    domestic_effect_pp, export_effect_pp, driver
from marts.share_bridge
where product_group = 'denim'
order by month, comparison;
