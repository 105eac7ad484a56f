-- How is denim split between the domestic market and exports, and how fast does the split change?
-- 牛仔布内外销各占多少？变化多快？
-- Denim by month: balance 1 is half and half, speed is points a month over six months.
-- 牛仔布逐月：均衡指数为 1 即内外销各半；速度为六个月内每月变动的百分点。
select month, domestic_share, balance_index, asean_share, europe_america_share, rest_share,
    domestic_share_speed_pp, is_turning, switch_month
from marts.dual_circulation
where product_group = 'denim'
order by month desc;
