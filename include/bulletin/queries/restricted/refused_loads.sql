-- Files refused since the release before this one: they are not in its figures. Read as publisher.
select
    l.load_id,
    l.source,
    l.file_name,
    l.failed_rules
from ops.load as l
inner join ops.release as r on r.release_id = (select i.release_id from marts.release_info as i)
where l.status = 'refused'
    and l.finished_at <= r.published_at
    and l.finished_at > coalesce(
        (select max(b.published_at) from ops.release as b where b.release_id < r.release_id), '-infinity'
    )
order by l.load_id
