-- Who walks on two legs, and how fast do they turn?
-- 内外两条腿走得怎样？转得多快？
-- Denim by month: balance 1 is half and half, speed is points a month over six months.
select month, domestic_share, balance_index, asean_share, europe_america_share, rest_share,
    domestic_share_speed_pp, is_turning, switch_month
from marts.dual_circulation
where product_group = 'denim'
order by month;
