-- Denim domestic share
-- 牛仔布内销占比
-- dashboard: lanxi
SELECT marts.ratio(marts.known(domestic_value_cny, share_reason), total_value_cny, row(product_group = 'ALL')) AS domestic_share
FROM (select
    t.month,
    t.product_group,
    t.domestic_value_cny,
    t.export_value_cny,
    t.total_value_cny,
    t.domestic_share,
    t.export_share,
    t.balance_index,
    t.share_reason,
    t.domestic_value_6m_before_cny,
    t.total_value_6m_before_cny,
    t.domestic_share_change_6m_pp,
    t.change_reason,
    t.domestic_share_speed_pp,
    t.domestic_share_change_1m_pp,
    t.change_1m_reason,
    t.is_turning,
    t.switch_month,
    t.switch_reason,
    t.asean_value_cny,
    t.europe_america_value_cny,
    t.rest_value_cny,
    t.asean_share,
    t.europe_america_share,
    t.rest_share,
    t.domestic_value_usd,
    t.total_value_usd,
    t.is_finished,
    t.stage,
    t.lines_without_rate,
    to_char(t.month, 'YYYY-MM') as period,
    coalesce(p.name_zh || ' ' || p.name_en, t.product_group) as product
from marts.dual_circulation as t
left join marts.dim_product as p on t.product_group = p.product_group
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
) as finished_months) AND ((product_group = 'denim') AND (is_finished))
 LIMIT 5000;
