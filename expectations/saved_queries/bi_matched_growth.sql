-- Growth and coverage
-- 增速与报送范围
-- dashboard: lanxi
SELECT period_start AS period_start, marts.growth_rate(marts.known(value_cny, growth_reason), base_value_cny, ROW(period_type, CASE WHEN period_type IN ('ytd', 'r12') THEN period_start END, basis, market_scope = 'all', product_group = 'ALL')) AS "全部企业 All mills", marts.growth_rate(marts.known(matched_value_cny, matched_growth_reason), matched_base_value_cny, ROW(period_type, CASE WHEN period_type IN ('ytd', 'r12') THEN period_start END, basis, market_scope = 'all', product_group = 'ALL', period_start)) AS "可比企业 Matched mills"
FROM (select
    t.period_type,
    t.period_start,
    t.period_end,
    t.basis,
    t.product_group,
    t.market_scope,
    t.value_cny,
    t.base_value_cny,
    t.growth_yoy,
    t.growth_reason,
    t.matched_value_cny,
    t.matched_base_value_cny,
    t.matched_growth_yoy,
    t.matched_growth_reason,
    t.coverage_effect_pp,
    t.coverage_effect_reason,
    t.missing_base_value_cny,
    t.new_value_cny,
    t.mills_matched,
    t.mills_missing,
    t.mills_new,
    t.is_comparable,
    t.comparability_reason,
    t.is_low_base,
    t.stage,
    t.lines_without_rate,
    t.base_lines_without_rate,
    to_char(t.period_start, 'YYYY-MM') as period,
    coalesce(p.name_zh || ' ' || p.name_en, t.product_group) as product
from marts.matched_growth as t
left join marts.dim_product as p on t.product_group = p.product_group
) AS virtual_table
WHERE product IN ('牛仔布 Denim') AND ((period_type = 'month') AND (basis = 'order_book') AND (market_scope = 'all') AND (is_comparable) AND (growth_reason IS NULL) AND (NOT (mills_missing IN (1, 2) OR mills_new IN (1, 2)))) GROUP BY period_start ORDER BY "全部企业 All mills" DESC
 LIMIT 5000;
