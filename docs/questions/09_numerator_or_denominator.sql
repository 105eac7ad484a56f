-- Did the domestic share rise because domestic sales rose or because exports fell?
-- 内销份额上升，是内销增加还是出口减少？
-- driver names the larger effect; the effects sum to the change.
-- driver 指出较大的效应；各效应之和等于变动。
select comparison, domestic_share_change_pp, driver, numerator_effect_pp, denominator_effect_pp,
    domestic_effect_pp, export_effect_pp, domestic_growth, export_growth
from marts.share_bridge
where product_group = 'denim' and month = (select max(month) from marts.share_bridge where is_finished)
order by comparison;
