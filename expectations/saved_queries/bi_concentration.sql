-- Dependence on the four largest
-- 对前四名的依赖
-- dashboard: lanxi
SELECT period_start AS period_start, CASE dimension WHEN 'markets' THEN '市场 Markets' WHEN 'customers' THEN '客户 Customers' ELSE '企业 Mills' END AS "维度 Dimension", case when count(*) = 1 then max(largest_four_share) end AS largest_four_share
FROM (select
    t.period_type,
    t.period_start,
    t.period_end,
    t.is_finished,
    t.basis,
    t.product_group,
    t.market_scope,
    t.dimension,
    t.member_count,
    t.value_cny,
    t.left_out_value_cny,
    t.herfindahl_index,
    t.equivalents_number,
    t.largest_four_value_cny,
    t.largest_four_share,
    t.largest_value_cny,
    t.largest_share,
    t.stage,
    t.concentration_reason,
    t.lines_without_rate,
    to_char(t.period_start, 'YYYY-MM') as period,
    coalesce(p.name_zh || ' ' || p.name_en, t.product_group) as product
from marts.concentration as t
left join marts.dim_product as p on t.product_group = p.product_group
) AS virtual_table
WHERE product IN ('牛仔布 Denim') AND ((period_type = 'month') AND (basis = 'order_book') AND (market_scope = 'all') AND (dimension IN ('markets', 'customers', 'mills')) AND (is_finished)) GROUP BY period_start, CASE dimension WHEN 'markets' THEN '市场 Markets' WHEN 'customers' THEN '客户 Customers' ELSE '企业 Mills' END ORDER BY largest_four_share DESC
 LIMIT 5000;
