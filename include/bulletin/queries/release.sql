-- The release that this transaction reads, and the newest month that is over.
select
    r.release_id,
    r.published_at,
    r.data_cutoff,
    r.loads,
    (
        select max(d.month) from marts.dual_circulation as d
        where d.is_finished
    ) as newest_month
from marts.release_info as r
