-- Why the domestic share moved (on six months before)
-- 内销占比为何变动（较六个月前）
-- dashboard: lanxi
SELECT month AS month, CASE WHEN COUNT(*) = 1 THEN MAX(domestic_effect_pp) END AS "内销 Domestic", CASE WHEN COUNT(*) = 1 THEN MAX(export_effect_pp) END AS "外销 Exports"
FROM (select
    t.month,
    t.product_group,
    t.comparison,
    t.domestic_value_cny,
    t.export_value_cny,
    t.total_value_cny,
    t.base_domestic_value_cny,
    t.base_export_value_cny,
    t.base_total_value_cny,
    t.domestic_share,
    t.base_domestic_share,
    t.domestic_share_change_pp,
    t.numerator_effect_pp,
    t.denominator_effect_pp,
    t.residual_pp,
    t.driver,
    t.bridge_reason,
    t.domestic_effect_pp,
    t.export_effect_pp,
    t.effect_reason,
    t.domestic_growth,
    t.domestic_growth_reason,
    t.export_growth,
    t.export_growth_reason,
    t.is_finished,
    t.driving_side,
    t.stage,
    t.lines_without_rate,
    t.base_lines_without_rate,
    to_char(t.month, 'YYYY-MM') as period,
    coalesce(p.name_zh || ' ' || p.name_en, t.product_group) as product
from marts.share_bridge as t
left join marts.dim_product as p on t.product_group = p.product_group
) AS virtual_table
WHERE product IN ('牛仔布 Denim') AND ((comparison = '6m') AND (is_finished)) GROUP BY month ORDER BY "内销 Domestic" DESC
 LIMIT 5000;
