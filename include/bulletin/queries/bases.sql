-- The newest finished month of each basis, or else the newest: customs and order books end in different months.
select
    basis,
    coalesce(max(month) filter (where is_finished), max(month)) as newest_month
from marts.market_share
group by basis
order by basis
