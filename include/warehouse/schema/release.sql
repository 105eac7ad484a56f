-- Which release a reader sees.

-- The release that this transaction reads; null before the first one. A session can pin a release by textile.release
-- or a moment by textile.as_of. Otherwise it is the current release, recorded in the transaction: a statement after a
-- publish reads the same release as the statements before it, also where each statement has its own snapshot.
-- Parallel unsafe, because a setting cannot be changed in a parallel plan.
create or replace function store.visible_release() returns bigint
language plpgsql stable parallel unsafe security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    pin text := nullif(current_setting('textile.release', true), '');
    moment text := nullif(current_setting('textile.as_of', true), '');
    -- A recorded setting begins with this, so that one set by the session or an earlier transaction is ignored.
    mark constant text := concat(extract(epoch from transaction_timestamp()), ' ');
    recorded text := current_setting('textile.transaction_release', true);
    recorded_moment text := current_setting('textile.transaction_as_of', true);
    at timestamptz;
    wanted bigint;
    dropped_on timestamptz;
begin
    if pin is not null and moment is not null then
        raise exception 'both textile.release and textile.as_of are set'
        using errcode = 'invalid_parameter_value', hint = 'Reset one of them: reset textile.as_of';
    elsif pin is not null then
        if pin !~ '^[0-9]{1,18}$' then
            raise exception 'textile.release is the number of a release, not "%"', pin
            using errcode = 'invalid_parameter_value',
                hint = 'marts_history.release_info lists them; reset textile.release shows the current one';
        end if;
        wanted := pin::bigint;
    elsif moment is not null and starts_with(recorded_moment, concat(mark, moment, ' is ')) then
        wanted := split_part(recorded_moment, ' is ', 2)::bigint;
    elsif moment is not null then
        begin
            at := moment::timestamptz;
        exception when data_exception then
            raise exception 'textile.as_of is a moment, not "%"', moment
            using errcode = 'invalid_parameter_value', hint = 'Such as 2026-11-24 09:00, in the time zone of the session';
        end;
        if at > clock_timestamp() then
            raise exception 'textile.as_of is in the future: %', at
            using errcode = 'invalid_parameter_value', hint = 'What readers will see then is not known yet';
        end if;
        select s.release_id into wanted from ops.release_switch as s
        where s.switched_at <= at
        order by s.switched_at desc limit 1;
        if wanted is null then
            raise exception 'there was no release yet at %', at
            using errcode = 'invalid_parameter_value',
                hint = 'marts_history.release_info says since when there are releases';
        end if;
        perform set_config('textile.transaction_as_of', concat(mark, moment, ' is ', wanted), true);
    elsif starts_with(recorded, mark) then
        wanted := split_part(recorded, ' ', 2)::bigint;
    else
        select c.release_id into wanted from store.current_release as c;
        if wanted is null then
            return null;
        end if;
        perform set_config('textile.transaction_release', concat(mark, wanted), true);
    end if;
    -- An error, because a dropped release would be empty or incomplete.
    select r.dropped_at into dropped_on from ops.release as r where r.release_id = wanted;
    if not found and pin is null and moment is null then
        -- A cursor that was opened before the transaction's first other read has an older snapshot.
        return (select c.release_id from store.current_release as c);
    elsif not found then
        raise exception 'there is no release %', wanted
        using errcode = 'invalid_parameter_value',
            hint = 'marts_history.release_info lists them; reset textile.release shows the current one';
    elsif dropped_on is not null then
        raise exception 'release % is no longer kept: it was dropped on %', wanted, dropped_on::date
        using errcode = 'invalid_parameter_value',
            hint = 'marts_history.release_info lists those that are kept';
    end if;
    return wanted;
end
$$;
comment on function store.visible_release() is
'The release that this transaction reads: the current one, or what textile.release or textile.as_of pins';

-- Replacing a view waits for its readers, so only a missing view is created. A change here also needs a migration that
-- drops the view (`drop view if exists`): this file then makes it again.
do $$
begin
    if to_regclass('marts.release_info') is null then
        create view marts.release_info as
        select
            r.release_id,
            r.published_at,
            r.data_cutoff,
            r.loads,
            r.last_load_id,
            r.code_version
        from ops.release as r
        where r.release_id = (select store.visible_release());
        alter view marts.release_info owner to publisher;
    end if;
    if to_regclass('marts_history.release_info') is null then
        create view marts_history.release_info as
        select
            r.release_id,
            r.published_at,
            r.data_cutoff,
            r.loads,
            r.last_load_id,
            r.code_version,
            coalesce(r.release_id = c.release_id, false) as is_current
        from ops.release as r
        left join store.current_release as c on r.release_id = c.release_id
        where r.dropped_at is null;
        alter view marts_history.release_info owner to publisher;
    end if;
end
$$;

comment on view marts.release_info is
'One row: the release that this transaction reads (the current one unless textile.release or textile.as_of pins another) / 一行：本事务所读的发布（当前发布，除非以 textile.release 或 textile.as_of 指定了别的）';
comment on view marts_history.release_info is 'One row per release that is kept / 每个保留的发布一行';
comment on column marts_history.release_info.is_current is
'Whether readers see it who pin nothing / 是否为当前发布';
comment on column marts.release_info.release_id is 'Number of the release / 发布编号';
comment on column marts.release_info.published_at is 'When it became visible / 发布时间';
comment on column marts.release_info.data_cutoff is 'Latest order or export date in its data / 数据截止日期';
comment on column marts.release_info.loads is 'Number of accepted loads it is made of / 数据文件数';
comment on column marts.release_info.last_load_id is 'Newest load it contains / 最新装载编号';
comment on column marts.release_info.code_version is 'Checksum of the models, seeds and rules / 代码版本';
comment on column marts_history.release_info.release_id is 'Number of the release / 发布编号';
comment on column marts_history.release_info.published_at is 'When it became visible / 发布时间';
comment on column marts_history.release_info.data_cutoff is 'Latest order or export date in its data / 数据截止日期';
comment on column marts_history.release_info.loads is 'Number of accepted loads it is made of / 数据文件数';
comment on column marts_history.release_info.last_load_id is 'Newest load it contains / 最新装载编号';
comment on column marts_history.release_info.code_version is 'Checksum of the models, seeds and rules / 代码版本';
