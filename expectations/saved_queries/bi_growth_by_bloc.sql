-- What pulled the growth
-- 谁拉动了增长
-- dashboard: lanxi
SELECT CASE WHEN market_group = 'DOMESTIC' THEN '加工贸易内销 Domestic processing' ELSE bloc END AS "市场集团 Bloc", COALESCE(growth_comparable_reason, CASE comparison_basis WHEN 'plain' THEN '同月 plain' WHEN 'festival_adjusted' THEN '农历对齐 festival_adjusted' WHEN 'working_day' THEN '工作日 working_day' ELSE comparison_basis END) || CASE WHEN is_low_base THEN '，低基数 low base' ELSE '' END AS "口径 Basis", SUM(value_cny) AS "销售额 Sales", CASE WHEN COUNT(*) = 1 THEN MAX(growth_comparable) END AS "可比增速 Growth", marts.points(marts.known(value_cny - base_value_cny, contribution_reason), base_total_value_cny, ROW(period_type, period_start, basis, product_group), ROW(period_type, CASE WHEN period_type IN ('ytd', 'r12') THEN period_start END, basis, market_level, product_group = 'ALL', period_start, product_group)) AS "拉动 Points"
FROM (select
    t.period_type,
    t.period_start,
    t.period_end,
    t.basis,
    t.product_group,
    t.market_level,
    t.market_group,
    t.market_code,
    t.value_cny,
    t.base_value_cny,
    t.growth_yoy,
    t.growth_reason,
    t.base_total_value_cny,
    t.contribution_pp,
    t.contribution_reason,
    t.comparison_basis,
    t.is_comparable,
    t.comparability_reason,
    t.growth_comparable,
    t.growth_comparable_reason,
    t.is_low_base,
    t.previous_month_value_cny,
    t.growth_mom,
    t.growth_mom_reason,
    t.value_usd,
    t.base_value_usd,
    t.growth_yoy_usd,
    t.growth_yoy_usd_reason,
    t.quantity_unit,
    t.quantity,
    t.base_quantity,
    t.growth_yoy_quantity,
    t.growth_yoy_quantity_reason,
    t.quantified_value_cny,
    t.base_quantified_value_cny,
    t.working_days,
    t.base_working_days,
    t.growth_per_working_day,
    t.growth_per_working_day_reason,
    t.festival_base_start,
    t.festival_base_end,
    t.festival_base_value_cny,
    t.growth_festival_adjusted,
    t.growth_festival_adjusted_reason,
    t.value_today_members_cny,
    t.base_value_today_members_cny,
    t.growth_yoy_today_members,
    t.growth_yoy_today_members_reason,
    t.mom_comparability_reason,
    t.stage,
    t.lines_without_rate,
    t.base_lines_without_rate,
    to_char(t.period_start, 'YYYY-MM') as period,
    coalesce(p.name_zh || ' ' || p.name_en, t.product_group) as product,
    coalesce(b.market_group_name_zh || ' ' || b.market_group_name_en, t.market_group) as bloc,
    coalesce(m.name_zh || ' ' || m.name_en, t.market_code) as market
from marts.growth as t
left join marts.dim_product as p on t.product_group = p.product_group
left join (select distinct market_group_latest, market_group_name_zh, market_group_name_en from marts.dim_market) as b on t.market_group = b.market_group_latest
left join marts.dim_market as m on t.market_code = m.market_code
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
) as finished_months) AND product IN ('牛仔布 Denim') AND ((period_type = 'month') AND (basis = 'customs') AND (market_level = 'group') AND (comparability_reason IS DISTINCT FROM 'period_not_finished')) GROUP BY CASE WHEN market_group = 'DOMESTIC' THEN '加工贸易内销 Domestic processing' ELSE bloc END, COALESCE(growth_comparable_reason, CASE comparison_basis WHEN 'plain' THEN '同月 plain' WHEN 'festival_adjusted' THEN '农历对齐 festival_adjusted' WHEN 'working_day' THEN '工作日 working_day' ELSE comparison_basis END) || CASE WHEN is_low_base THEN '，低基数 low base' ELSE '' END ORDER BY marts.points(marts.known(value_cny - base_value_cny, contribution_reason), base_total_value_cny, row(period_type, period_start, basis, product_group), row(period_type, case when period_type in ('ytd', 'r12') then period_start end, basis, market_level, product_group = 'ALL', period_start, product_group)) DESC
 LIMIT 50;
