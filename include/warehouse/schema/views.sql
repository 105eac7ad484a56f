-- Views of ops, created again by each `textile up`. dbt reads them: a change of this file makes every mart new.

-- The months of the newest build.
create or replace view ops.months_to_build as
select distinct
    source,
    month
from ops.load_month
where build_id = (select max(build_id) from ops.build);
comment on view ops.months_to_build is 'The months that the newest build computes anew, by source';

-- The loads of the newest build that are in no release, with the months that they changed.
create or replace view ops.unreleased_load as
select
    b.load_id,
    m.source,
    m.month,
    newest.data_cutoff as released_until
from ops.build_load as b
left join ops.load_month as m on b.load_id = m.load_id
inner join (
    select
        build_id,
        data_cutoff
    from ops.release
    order by release_id desc
    limit 1
) as newest on b.build_id > newest.build_id;
comment on view ops.unreleased_load is
'One row per load that builds have and no release, and month it touched; released_until is the newest release''s data_cutoff';

-- By month of delivery, in Shanghai time. Sums and counts only: the marts compute the ratios.
create or replace view ops.source_quality as
with deliveries as (
    select
        load_id,
        source,
        status,
        date_trunc('month', started_at at time zone 'Asia/Shanghai')::date as month
    from ops.load
    where status in ('accepted', 'refused')
),

facts as (
    select
        d.month,
        d.source,
        e.enterprise_uscc,
        (d.status = 'accepted')::integer as files_accepted,
        (d.status = 'refused')::integer as files_refused,
        e.rows_in,
        e.accepted,
        e.unchanged,
        e.quarantined,
        e.dated,
        e.days_late,
        e.most_days_late,
        0 as resolved,
        0 as days_to_resolve
    from deliveries as d
    left join ops.load_enterprise as e on d.load_id = e.load_id
    union all
    select
        d.month,
        d.source,
        q.enterprise_uscc,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        null,
        1,
        (q.resolved_at at time zone 'Asia/Shanghai')::date
        - (q.quarantined_at at time zone 'Asia/Shanghai')::date
    from ops.quarantine as q
    inner join deliveries as d on q.load_id = d.load_id
    where q.resolved_by_load is not null
)

select
    month,
    source,
    enterprise_uscc,
    sum(files_accepted)::bigint as files_accepted,
    sum(files_refused)::bigint as files_refused,
    coalesce(sum(rows_in), 0)::bigint as rows_in,
    coalesce(sum(accepted), 0)::bigint as rows_accepted,
    coalesce(sum(unchanged), 0)::bigint as rows_unchanged,
    coalesce(sum(quarantined), 0)::bigint as rows_quarantined,
    sum(resolved)::bigint as rows_resolved,
    coalesce(sum(quarantined), 0)::bigint - sum(resolved)::bigint as rows_open,
    coalesce(sum(dated), 0)::bigint as dated_rows,
    coalesce(sum(days_late), 0)::bigint as days_late,
    max(most_days_late) as most_days_late,
    sum(days_to_resolve)::bigint as days_to_correction
from facts
group by month, source, enterprise_uscc;
comment on view ops.source_quality is
'One row per month of delivery, source and enterprise (null where not known): files, rows, lateness, corrections';
comment on column ops.source_quality.dated_rows is
'Newly accepted rows that carry their own version (updated_at): the denominator of the mean lateness';
comment on column ops.source_quality.days_late is
'Sum over dated_rows of the days (Shanghai) from updated_at to the delivery: the numerator of the mean lateness';
comment on column ops.source_quality.days_to_correction is
'Sum over rows_resolved of the days (Shanghai) from quarantine to the delivery that resolved the row';

create or replace view ops.source_quality_rules as
select
    date_trunc('month', l.started_at at time zone 'Asia/Shanghai')::date as month,
    q.source,
    q.enterprise_uscc,
    broken.rule_code,
    count(*) as rows_quarantined,
    count(q.resolved_by_load) as rows_resolved
from ops.quarantine as q
inner join ops.load as l on q.load_id = l.load_id
cross join unnest(q.rule_codes) as broken (rule_code)
group by 1, 2, 3, 4;
comment on view ops.source_quality_rules is
'One row per month of delivery, source, enterprise (null where not known) and rule: rows that broke it';
