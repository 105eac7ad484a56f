-- Months with orders without an exchange rate: the amounts of the page leave these out.
select
    month,
    lines_without_rate
from marts.dual_circulation
where product_group = 'ALL' and lines_without_rate > 0
order by month
