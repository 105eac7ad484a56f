-- What is our share of China's exports?
-- 我们占全国出口的多少？
-- By six digits and all partners; the denominator is named.
-- 按六位编码、全部伙伴；分母写明是谁的出口。
select month, hs_code, denominator, value_cny, denominator_value_cny, share, share_reason
from marts.national_share
where hs_level = 'hs6' and market_code = 'ALL' and denominator = 'china'
    and month = (select max(month) from marts.national_share where share is not null)
order by value_cny desc;
