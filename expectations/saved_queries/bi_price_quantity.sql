-- Volume or price (CNY)
-- 量还是价（元）
-- dashboard: lanxi
SELECT CASE WHEN market_group = 'DOMESTIC' THEN '加工贸易内销 Domestic processing' ELSE bloc END AS "市场集团 Bloc", CASE WHEN COUNT(*) = 1 THEN MAX(quantity_effect_cny) END AS "量 Volume", CASE WHEN COUNT(*) = 1 THEN MAX(price_effect_cny) END AS "价 Price"
FROM (select
    t.period_type,
    t.period_start,
    t.period_end,
    t.basis,
    t.product_group,
    t.market_level,
    t.market_group,
    t.value_cny,
    t.base_value_cny,
    t.matched_value_cny,
    t.base_matched_value_cny,
    t.matched_share,
    t.matched_share_reason,
    t.matched_items,
    t.trimmed_items,
    t.trimmed_value_cny,
    t.quantity_unit,
    t.matched_quantity,
    t.base_matched_quantity,
    t.unit_value_cny,
    t.base_unit_value_cny,
    t.value_index,
    t.laspeyres_price_index,
    t.paasche_price_index,
    t.fisher_price_index,
    t.tornqvist_price_index,
    t.laspeyres_quantity_index,
    t.paasche_quantity_index,
    t.fisher_quantity_index,
    t.price_effect_cny,
    t.quantity_effect_cny,
    t.index_reason,
    t.is_comparable,
    t.comparability_reason,
    t.is_low_base,
    t.stage,
    t.lines_without_rate,
    t.base_lines_without_rate,
    to_char(t.period_start, 'YYYY-MM') as period,
    coalesce(p.name_zh || ' ' || p.name_en, t.product_group) as product,
    coalesce(b.market_group_name_zh || ' ' || b.market_group_name_en, t.market_group) as bloc
from marts.price_quantity as t
left join marts.dim_product as p on t.product_group = p.product_group
left join (select distinct market_group_latest, market_group_name_zh, market_group_name_en from marts.dim_market) as b on t.market_group = b.market_group_latest
) AS virtual_table
WHERE period = (select max(period) from (select
    t.month,
    to_char(t.month, 'YYYY-MM') as period
from (
    select month from marts.dual_circulation
    where is_finished
    intersect
    select period_start from marts.growth
    where period_type = 'month' and basis = 'customs' and market_level = 'all' and value_cny > 0
        and comparability_reason is distinct from 'period_not_finished'
) as t
) as finished_months) AND product IN ('牛仔布 Denim') AND ((period_type = 'month') AND (basis = 'customs') AND (market_level = 'group') AND (comparability_reason IS DISTINCT FROM 'period_not_finished')) GROUP BY CASE WHEN market_group = 'DOMESTIC' THEN '加工贸易内销 Domestic processing' ELSE bloc END ORDER BY "量 Volume" DESC
 LIMIT 5000;
