-- Better mills or luckier markets?
-- 是企业更强，还是市场更好？
-- The four effects and what the statistics do not cover sum to the change.
-- 四个效应与统计未覆盖部分之和等于变动。
select period_start, change_cny, world_growth_effect_cny, commodity_effect_cny, market_effect_cny,
    competitiveness_effect_cny, uncovered_change_cny, effect_reason
from marts.constant_market_share
where period_type = 'month' and level = 'total'
order by period_start desc;
