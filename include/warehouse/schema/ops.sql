-- What engineers read: loads, quarantine, validation results, builds, releases.
create table if not exists ops.load (
    load_id bigint generated always as identity primary key,
    source text not null,
    profile text,
    file_name text not null,
    kept_path text,
    sha256 text not null,
    manifest_sha256 text not null default '',
    size_bytes bigint not null,
    status text not null default 'running' check (status in ('running', 'accepted', 'refused', 'crashed')),
    rows_in bigint,
    accepted bigint,
    unchanged bigint,
    quarantined bigint,
    removed bigint,
    unknown_columns text [],
    failed_rules text [] not null default '{}',
    message text,
    docs_path text,
    run_id text,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    constraint rows_are_conserved check (
        status <> 'accepted' or rows_in = accepted + unchanged + quarantined
    )
);
-- Columns that came later; databases made before get them here.
alter table ops.load add column if not exists skipped jsonb not null default '{}';
alter table ops.load add column if not exists repairs jsonb not null default '{}';
alter table ops.load add column if not exists profile_sha256 text not null default '';

-- The same bytes, completed by the same manifest and read with the same profile, are accepted once, whoever
-- loads them and however often.
drop index if exists ops.load_accepted_once;
create unique index if not exists load_accepted_as_delivered
on ops.load (source, sha256, manifest_sha256, profile_sha256) where status = 'accepted';

create table if not exists ops.quarantine (
    load_id bigint not null references ops.load (load_id),
    line_no bigint not null,
    source text not null,
    file_name text not null,
    rule_codes text [] not null,
    reason_zh text not null,
    reason_en text not null,
    raw_line text,
    row_values jsonb not null,
    quarantined_at timestamptz not null default clock_timestamp(),
    primary key (load_id, line_no)
);

create table if not exists ops.validation_result (
    validation_id bigint generated always as identity primary key,
    gate text not null check (gate in ('load', 'release')),
    first_load_id bigint,
    last_load_id bigint,
    build_id bigint,
    suite text not null,
    rule_code text not null,
    expectation text not null,
    column_name text,
    severity text not null,
    success boolean not null,
    unexpected_count bigint,
    details jsonb,
    validated_at timestamptz not null default clock_timestamp()
);

create table if not exists ops.build (
    build_id bigint generated always as identity primary key,
    status text not null default 'running' check (
        status in ('running', 'failed', 'built', 'stale', 'audited', 'refused', 'published', 'crashed')
    ),
    last_load_id bigint not null,
    loads bigint not null,
    code_version text not null,
    failed_rules text [] not null default '{}',
    message text,
    docs_path text,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz
);

create table if not exists ops.build_node (
    build_id bigint not null references ops.build (build_id),
    node text not null,
    resource_type text not null,
    status text not null,
    seconds numeric(12, 3) not null,
    rows_affected bigint,
    message text,
    primary key (build_id, node)
);

create table if not exists ops.release (
    release_id bigint generated always as identity primary key,
    build_id bigint not null references ops.build (build_id),
    published_at timestamptz not null default clock_timestamp(),
    data_cutoff date,
    last_load_id bigint not null,
    loads bigint not null,
    code_version text not null,
    rows_changed jsonb not null default '{}',
    dropped_at timestamptz
);

create table if not exists ops.release_switch (
    switched_at timestamptz not null default clock_timestamp(),
    release_id bigint not null references ops.release (release_id),
    switched_by text not null default current_user,
    reason text not null
);

-- The pointer: what every mart view follows. One row, moved by one update.
create table if not exists store.current_release (
    only_row boolean primary key default true check (only_row),
    release_id bigint not null references ops.release (release_id)
);

create or replace view marts.release_info as
select
    r.release_id,
    r.published_at,
    r.data_cutoff,
    r.loads,
    r.last_load_id,
    r.code_version
from ops.release as r
where r.dropped_at is null and r.release_id = (
    select coalesce(nullif(current_setting('textile.release', true), '')::bigint, c.release_id)
    from store.current_release as c
);

comment on table ops.load is
'One row per delivered file that was loaded; rows_in = accepted + unchanged + quarantined where accepted';
comment on column ops.load.skipped is
'Rows that are no data (total, repeated header, filter of the profile), counted by reason; not part of rows_in';
comment on column ops.load.repairs is 'Repaired values, counted by repair rule';
comment on column ops.load.profile_sha256 is
'Checksum of the profile that read the file: a changed profile makes the same bytes a new delivery';
comment on table ops.quarantine is
'One row per refused row, with every rule it broke and the line as it was delivered';
comment on table ops.validation_result is 'One row per Great Expectations result of either gate';
comment on table ops.build is 'One row per dbt build of the candidate marts';
comment on table ops.build_node is 'One row per dbt node of a build';
comment on table ops.release is 'One row per published release; dropped_at says since when its rows are gone (retention)';
comment on table ops.release_switch is 'One row per change of the current release: publish or rollback';
comment on view marts.release_info is
'One row: the release that this session reads (the current one unless textile.release pins another)';
comment on column marts.release_info.release_id is 'Number of the release / 发布编号';
comment on column marts.release_info.published_at is 'When it became visible / 发布时间';
comment on column marts.release_info.data_cutoff is 'Latest order or export date in its data / 数据截止日期';
comment on column marts.release_info.loads is 'Number of accepted loads it is made of / 数据文件数';
comment on column marts.release_info.last_load_id is 'Newest load it contains / 最新装载编号';
comment on column marts.release_info.code_version is 'Checksum of the models, seeds and rules / 代码版本';
