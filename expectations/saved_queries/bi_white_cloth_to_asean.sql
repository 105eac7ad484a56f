-- White cloth to ASEAN
-- 白坯布对东盟增速
-- dashboard: lanxi
SELECT case when count(*) = 1 then max(growth_comparable) end AS growth_comparable
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
) as finished_months) AND ((period_type = 'month') AND (basis = 'customs') AND (product_group = 'white_cloth') AND (market_level = 'group') AND (market_group = 'ASEAN') AND (comparability_reason IS DISTINCT FROM 'period_not_finished'))
 LIMIT 5000;
