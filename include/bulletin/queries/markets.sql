-- Names of market groups and markets.
select
    market_group_latest as code,
    market_group_name_zh as zh,
    market_group_name_en as en
from marts.dim_market
where market_group_latest is not null
union
select
    market_code,
    name_zh,
    name_en
from marts.dim_market
order by code
