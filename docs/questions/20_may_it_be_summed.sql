-- Which figures of market_share may be summed, and over what?
-- 市场份额表中哪些指标可以相加？
-- Sum only where it says true; make a ratio of sums from its numerator and denominator.
-- 标为 true 的才可相加；比率要用分子之和除以分母之和。
select metric, name_zh, name_en, unit, numerator, denominator, additive_over_months, additive_over_markets,
    additive_over_products, additive_over_mills
from marts.metric_catalogue
where mart = 'market_share'
order by metric;
