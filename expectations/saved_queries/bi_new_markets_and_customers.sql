-- New markets and customers
-- 新市场与新客户
-- dashboard: lanxi
SELECT market AS market, bloc AS bloc, case when count(*) = 1 then max(new_customer_count) end AS new_customer_count, case when count(*) = 1 then max(new_customer_value_cny) end AS new_customer_value_cny, case when count(*) = 1 then max(entering_relations) end AS entering_relations
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
    t.change_cny,
    t.continuing_value_cny,
    t.continuing_base_value_cny,
    t.entering_known_mill_value_cny,
    t.entering_new_mill_value_cny,
    t.leaving_base_value_cny,
    t.continuing_pp,
    t.entering_known_mill_pp,
    t.entering_new_mill_pp,
    t.leaving_pp,
    t.margin_reason,
    t.continuing_relations,
    t.entering_relations,
    t.leaving_relations,
    t.new_mills,
    t.new_customer_count,
    t.new_customer_value_cny,
    t.new_customer_reason,
    t.is_comparable,
    t.comparability_reason,
    t.is_low_base,
    t.stage,
    t.lines_without_rate,
    t.base_lines_without_rate,
    to_char(t.period_start, 'YYYY-MM') as period,
    coalesce(p.name_zh || ' ' || p.name_en, t.product_group) as product,
    coalesce(b.market_group_name_zh || ' ' || b.market_group_name_en, t.market_group) as bloc,
    coalesce(m.name_zh || ' ' || m.name_en, t.market_code) as market
from marts.margins as t
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
) as finished_months) AND product IN ('牛仔布 Denim') AND ((period_type = 'month') AND (basis = 'order_book') AND (market_level = 'market') AND (new_customer_count >= 3)) GROUP BY market, bloc ORDER BY new_customer_count DESC
 LIMIT 100;
