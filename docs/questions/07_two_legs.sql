-- Who walks on two legs?
-- 内外两条腿走得怎样？
-- Domestic share of denim by month, its balance and the legs of the exports.
select month, domestic_share, balance_index, asean_share, europe_america_share, rest_share
from marts.dual_circulation
where product_group = 'denim'
order by month;
