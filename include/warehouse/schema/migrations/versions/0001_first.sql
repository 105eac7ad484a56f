-- Loads, quarantine, validation results, builds and releases: what engineers read.
create table ops.load (
    load_id bigint generated always as identity primary key,
    source text not null,
    profile text,
    file_name text not null,
    kept_path text,
    sha256 text not null,
    manifest_sha256 text not null default '',
    profile_sha256 text not null default '',
    size_bytes bigint not null,
    status text not null default 'running' check (status in ('running', 'accepted', 'refused', 'crashed')),
    rows_in bigint,
    accepted bigint,
    unchanged bigint,
    quarantined bigint,
    removed bigint,
    skipped jsonb not null default '{}',
    repairs jsonb not null default '{}',
    unknown_columns text [],
    failed_rules text [] not null default '{}',
    message text,
    -- Identifies a refused file that was left in the drop folder, for the next run: see load/drop_folder.py.
    left_as text,
    docs_path text,
    run_id text,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    constraint rows_are_conserved check (
        status <> 'accepted' or rows_in = accepted + unchanged + quarantined
    )
);
-- The same bytes, completed by the same manifest and read with the same profile, are accepted once, whoever
-- loads them and however often.
create unique index load_accepted_as_delivered
on ops.load (source, sha256, manifest_sha256, profile_sha256) where status = 'accepted';
comment on table ops.load is
'One row per delivered file that was loaded; rows_in = accepted + unchanged + quarantined where accepted';
comment on column ops.load.profile_sha256 is
'Checksum of the profile that read the file: a changed profile makes the same bytes a new delivery';
comment on column ops.load.skipped is
'Rows that are no data (total, repeated header, filter of the profile), counted by reason; not part of rows_in';
comment on column ops.load.repairs is 'Repaired values, counted by repair rule';

create table ops.quarantine (
    load_id bigint not null references ops.load (load_id),
    line_no bigint not null,
    source text not null,
    file_name text not null,
    place text,
    rule_codes text [] not null,
    reason_zh text not null,
    reason_en text not null,
    raw_line text,
    cells json,
    row_values jsonb not null,
    row_key text [],
    row_version timestamptz,
    enterprise_uscc text,
    quarantined_at timestamptz not null default clock_timestamp(),
    resolved_by_load bigint references ops.load (load_id),
    resolved_at timestamptz,
    primary key (load_id, line_no)
);
-- Every load looks for the open rows of its source; most rows are resolved in time.
create index quarantine_open
on ops.quarantine (source) where resolved_by_load is null and row_key is not null;
comment on table ops.quarantine is
'One row per rejected row of an accepted file, with every rule it broke and the line as it was delivered';
comment on column ops.quarantine.place is 'Where the row stands in the file, for people: line, or sheet and row';
comment on column ops.quarantine.cells is
'The row by the file''s own header, in the file''s order; null where a ragged row''s cells cannot be told apart';
comment on column ops.quarantine.row_values is 'The row as it was read: canonical columns';
comment on column ops.quarantine.row_key is
'Values of the contract''s key as text; null when one could not be read: such a row cannot be resolved by its key';
comment on column ops.quarantine.row_version is
'The row''s own version (updated_at); null when the source has none, or it could not be read or is from the future';
comment on column ops.quarantine.enterprise_uscc is
'The mill; null when the source has none, or the code is missing or fails its check character';
comment on column ops.quarantine.resolved_by_load is
'The first later load that brought the same key with a version not older; null while the row is open';

-- The first rejected rows of a refused file, for its sender. Not in ops.quarantine: no row of it was loaded.
create table ops.refused_row (
    load_id bigint not null references ops.load (load_id),
    line_no bigint not null,
    rule_codes text [] not null,
    reason_zh text not null,
    reason_en text not null,
    place text,
    raw_line text,
    cells json,
    refused_at timestamptz not null default clock_timestamp(),
    primary key (load_id, line_no)
);
comment on table ops.refused_row is
'The first rejected rows (at most 1,000) of a refused file; none of its rows entered';

-- Rows of a delivery by enterprise; ops.source_quality adds them up.
create table ops.load_enterprise (
    load_id bigint not null references ops.load (load_id),
    enterprise_uscc text,
    rows_in bigint not null,
    accepted bigint not null,
    unchanged bigint not null,
    quarantined bigint not null,
    dated bigint not null,
    days_late bigint not null,
    most_days_late integer,
    unique nulls not distinct (load_id, enterprise_uscc),
    check (rows_in = accepted + unchanged + quarantined)
);
comment on table ops.load_enterprise is
'One row per load and enterprise: rows of an accepted file, or zeros for a refused file that is known to be its';
comment on column ops.load_enterprise.dated is 'Accepted rows that carry their own version (updated_at)';
comment on column ops.load_enterprise.days_late is 'Sum over dated rows of the days from updated_at to the delivery';
comment on column ops.load_enterprise.most_days_late is 'The most days late of a dated row';

-- Monthly customs exchange rates that the bureau has entered, beside those of the seed; of a month and currency the
-- newest is used.
create table ops.exchange_rate (
    month date not null check (extract(day from month) = 1),
    currency text not null,
    cny_per_unit numeric not null check (cny_per_unit > 0),
    entered_by text not null,
    entered_at timestamptz not null default clock_timestamp(),
    primary key (month, currency, entered_at)
);

create table ops.validation_result (
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
comment on table ops.validation_result is 'One row per Great Expectations result of either gate';

create table ops.build (
    build_id bigint generated always as identity primary key,
    status text not null default 'running' check (
        status in ('running', 'failed', 'built', 'stale', 'validated', 'refused', 'published', 'crashed')
    ),
    last_load_id bigint not null,
    loads bigint not null,
    code_version text not null,
    tables_version text not null default '',
    is_full boolean not null default true,
    switches bigint,
    inputs jsonb not null default '{}',
    failed_rules text [] not null default '{}',
    message text,
    docs_path text,
    started_at timestamptz not null default clock_timestamp(),
    tables_built_at timestamptz,
    finished_at timestamptz
);
comment on table ops.build is 'One row per dbt build of the candidate marts';
comment on column ops.build.tables_version is 'Checksum of what the monthly tables were computed with: models, macros, seeds';
comment on column ops.build.is_full is 'Whether every month was computed anew, not only those that loads touched';
comment on column ops.build.switches is 'How often the current release had changed when the build began';
comment on column ops.build.inputs is 'What a figure can depend on: file of the dbt project -> checksum';
comment on column ops.build.tables_built_at is 'When dbt had succeeded; null: the months of this build are to be built again';

-- The loads that are new in a build: fixed when it begins, so that a release is a set of loads.
create table ops.build_load (
    load_id bigint primary key references ops.load (load_id),
    build_id bigint not null references ops.build (build_id)
);
create index build_load_build on ops.build_load (build_id);
comment on table ops.build_load is 'One row per load that changed raw: the first build that had it';

-- The months that the next build computes again; written with the load's verdict.
create table ops.load_month (
    load_id bigint not null references ops.load (load_id),
    source text not null,
    month date not null,
    build_id bigint references ops.build (build_id),
    primary key (load_id, month)
);
create index load_month_build on ops.load_month (build_id);
comment on table ops.load_month is
'One row per load and month whose current rows it changed: brought, replaced or withdrew';
comment on column ops.load_month.build_id is 'The last build that computed the month anew for this load';

create table ops.build_node (
    build_id bigint not null references ops.build (build_id),
    node text not null,
    resource_type text not null,
    status text not null,
    seconds numeric(12, 3) not null,
    rows_affected bigint,
    message text,
    primary key (build_id, node)
);
comment on table ops.build_node is 'One row per dbt node of a build';

create table ops.release (
    release_id bigint generated always as identity primary key,
    build_id bigint not null references ops.build (build_id),
    published_at timestamptz not null default clock_timestamp(),
    data_cutoff date,
    final_through date,
    last_load_id bigint not null,
    loads bigint not null,
    code_version text not null,
    rows_changed jsonb not null default '{}',
    dropped_at timestamptz
);
comment on table ops.release is 'One row per published release; dropped_at says since when its rows are gone (retention)';
comment on column ops.release.final_through is 'Newest month that the release shows as final; null when none is';

-- What each release changed in the sums of sales, load by load; see intermediate.int_releases__changes.
create table ops.release_change (
    release_id bigint not null references ops.release (release_id),
    basis text not null,
    load_id bigint not null references ops.load (load_id),
    kind text not null check (kind in ('new', 'late', 'corrected', 'withdrawn')),
    month date not null,
    enterprise_uscc text not null,
    product_group text,
    market_group text,
    market_code text,
    line_count bigint not null,
    value_cny numeric
);
create index release_change_release on ops.release_change (release_id);
comment on table ops.release_change is
'One row per release, load, kind and cell of sales: what the load changed in it, as that release valued it';
comment on column ops.release_change.kind is
'new; late (the month was over in the release before); corrected (a newer version); withdrawn (cancelled or deleted)';

-- How the validated candidate differs from the newest release; a publish writes these differences.
create table ops.difference (
    mart text not null,
    place tid,
    row_hash uuid
);
comment on table ops.difference is
'One row per row of the validated candidate that the newest release lacks (place: where), or that only that release has; and a row with neither for each mart that was compared';

-- For explaining a mart: its key, and the files of the project that its figures depend on.
create table ops.mart (
    mart text primary key,
    key_columns text [] not null,
    inputs text [] not null
);
comment on table ops.mart is 'One row per mart of the newest release: what ops.release_diff has to know of it';

create table ops.accepted_drift (
    build_id bigint not null references ops.build (build_id),
    rule_code text not null,
    reason text not null check (reason <> ''),
    accepted_by text not null,
    accepted_at timestamptz not null default clock_timestamp(),
    cells bigint not null,
    details jsonb not null,
    primary key (build_id, rule_code)
);
comment on table ops.accepted_drift is
'One row per drift rule that failed on a build and did not refuse it, because somebody said why its figures are right';
comment on column ops.accepted_drift.accepted_by is 'Who said so: a login name, or the user who triggered the DAG';
comment on column ops.accepted_drift.cells is 'How many cells had jumped beyond their limits';
comment on column ops.accepted_drift.details is 'The first of these cells: metric, cell, before, after, limit and why that';

create table ops.release_switch (
    switched_at timestamptz not null default clock_timestamp(),
    release_id bigint not null references ops.release (release_id),
    switched_by text not null default current_user,
    reason text not null
);
-- Finds the release that was visible at a moment.
create index release_switch_moment on ops.release_switch (switched_at);
comment on table ops.release_switch is 'One row per change of the current release: publish or rollback';
comment on column ops.release_switch.switched_by is 'Who asked: a login name, or the user who triggered the DAG';
comment on column ops.release_switch.reason is 'Why: the build that was published, or what the person said who rolled back';

-- The current release, which every mart view reads. One row, changed by one update.
create table store.current_release (
    only_row boolean primary key default true check (only_row),
    release_id bigint not null references ops.release (release_id)
);
