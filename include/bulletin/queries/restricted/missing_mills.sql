-- Mills with orders in the twelve months before the newest finished month and none in it. Read as publisher.
with newest as (
    select max(month) as month from marts.enterprise_mix where is_finished
)

select
    m.enterprise_uscc,
    max(m.month) as last_month
from marts.enterprise_mix as m
inner join newest as n on m.month between n.month - interval '12 months' and n.month
where m.total_value_cny is not null
group by m.enterprise_uscc, n.month
having max(m.month) < n.month
order by m.enterprise_uscc
