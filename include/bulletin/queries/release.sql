-- The release that this transaction reads, and the newest finished month, or else the newest.
select
    r.release_id,
    r.published_at,
    r.data_cutoff,
    r.loads,
    coalesce(
        (
            select max(d.month) from marts.dual_circulation as d
            where d.is_finished
        ),
        (select max(m.month) from marts.dim_month as m)
    ) as newest_month,
    exists (select 1 from marts.dual_circulation as d where d.is_finished) as newest_is_over
from marts.release_info as r
