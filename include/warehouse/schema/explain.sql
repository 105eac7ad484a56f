-- The parts of a figure, and why it changed.

-- The lines of sale that an amount of a mart's row sums up: their months, and the key by which they are grouped.
-- Market groups are those of the row's last month, `own_month`, also for the months it is compared with.
create or replace function ops.scope_of(
    mart_row jsonb, markets text, months_back integer,
    out first_month date, out last_month date, out own_month date, out part_of text, out market text
)
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select
        (months.first_month - make_interval(months => months_back))::date,
        (months.last_month - make_interval(months => months_back))::date,
        months.last_month::date,
        concat_ws(
            '|',
            coalesce(mart_row ->> 'basis', 'order_book'),
            coalesce(mart_row ->> 'product_group', 'ALL'),
            coalesce(mart_row ->> 'enterprise_uscc', 'ALL')
        ),
        case
            when markets <> 'own' then markets
            when mart_row ->> 'market_code' is not null then concat('market:', mart_row ->> 'market_code')
            when mart_row ->> 'market_group' is not null then concat('group:', mart_row ->> 'market_group')
            else coalesce(mart_row ->> 'market_scope', 'all')
        end
    from (
        select
            date_trunc('month', coalesce(mart_row ->> 'month', mart_row ->> 'period_start')::timestamp) as first_month,
            date_trunc(
                'month', coalesce(mart_row ->> 'month', mart_row ->> 'period_end', mart_row ->> 'period_start')::timestamp
            ) as last_month
    ) as months
$$;

-- Basis, product and mill of every sum that a line of sale is part of; single mills only with by_mill.
create or replace function ops.parts_of(basis text, product_group text, enterprise_uscc text, by_mill boolean)
returns setof text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select concat_ws('|', basis, products.product, case when by_mill then enterprise_uscc else 'ALL' end)
    from (values ('ALL'), (product_group)) as products (product)
$$;

-- The body is checked when it is called, because the seeds are created by the first build.
set check_function_bodies = off;
-- Market scopes of a line: all, its leg, export, its market, and its group on the last day of a month.
create or replace function ops.markets_of(market_code text, line_group text, own_month date) returns setof text
language sql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select markets.market
    from (
        values
        ('all'),
        (concat('market:', market_code)),
        ((select g.leg from reference.market_groups as g where g.market_group = line_group)),
        (case when line_group <> 'DOMESTIC' then 'export' end),
        (concat('group:', coalesce(
            (
                select m.market_group from reference.market_group_members as m
                where m.country_code = case when market_code ~ '^[0-9]' then 'CHN' else market_code end
                    and own_month + interval '1 month' - interval '1 day' >= m.valid_from
                    and (own_month + interval '1 month' - interval '1 day' < m.valid_to or m.valid_to is null)
            ),
            'OTHER'
        )))
    ) as markets (market)
    where markets.market is not null
$$;
reset check_function_bodies;

-- Cells of one mart that differ between two releases, and what changed them, step by step over the releases between:
-- the parts of a cell add up to its change. release_id is the release in which the part became visible.
create or replace function ops.mart_diff(of_mart text, older bigint, newer bigint)
returns table (
    release_id bigint, cell jsonb, metric text, value_from text, value_to text, cause text, load_ids bigint [],
    inputs text [], line_count bigint, part numeric
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
-- The intermediate results have no statistics: nested loops would take an hour.
set enable_nestloop = off
as $$
declare
    key text[] := (select m.key_columns from ops.mart as m where m.mart = of_mart);
begin
    return query execute format(
        $query$
        with steps as (
            select * from (
                select r.release_id as to_id, lag(r.release_id) over (order by r.release_id) as from_id
                from ops.release as r
                where r.dropped_at is null and r.release_id between $2 and $3
            ) as numbered
            where from_id is not null
        ),

        versions as (
            select to_jsonb(s) - array['row_hash', 'valid_from_release', 'valid_to_release'] as mart_row,
                s.valid_from_release, s.valid_to_release,
                (select jsonb_object_agg(k, to_jsonb(s) -> k) from unnest($4::text[]) as k) as cell
            from store.%1$I as s
            where s.valid_from_release <= $3 and s.valid_to_release > $2
                and not (s.valid_from_release <= $2 and s.valid_to_release > $3)
        ),

        pairs as (
            select from_id, to_id, cell, older.mart_row as old_row, newer.mart_row as new_row
            from (
                select * from steps inner join versions
                    on valid_from_release <= from_id and valid_to_release > from_id and valid_to_release <= to_id
            ) as older
            full join (
                select * from steps inner join versions
                    on valid_from_release > from_id and valid_from_release <= to_id and valid_to_release > to_id
            ) as newer using (from_id, to_id, cell)
        ),

        -- The columns of this mart with their metrics in the catalogue.
        metrics as (
            select distinct on (c.name) c.name as metric, c.is_number, m.kind, m.numerator, m.denominator,
                case when m.unit like 'percentage points%%' then 100 else 1 end as multiple,
                l.markets, l.months_back
            from (
                select attname::text as name,
                    format_type(atttypid, null) in ('numeric', 'bigint', 'integer') as is_number
                from pg_attribute
                where attrelid = 'store.%1$I'::regclass and attnum > 0 and not attisdropped
                    and attname <> all($4 || array['row_hash', 'valid_from_release', 'valid_to_release'])
            ) as c
            left join reference.metrics as m on m.metric = c.name and (m.mart is null or m.mart = $1)
            left join reference.figure_lines as l on l.metric = c.name and l.mart = $1
            order by c.name, m.mart nulls last
        ),

        -- Cells that changed in a step and also differ at the end. A cell without a value in between has no change that
        -- could be added up.
        moved as (
            select stepped.*,
                case
                    when count(step_change) over (partition by cell, metric) = count(*) over (partition by cell, metric)
                        then step_change
                end as change
            from (
                select pairs.*, metrics.*,
                    nullif(first_value(old_row -> metric) over of_cell, 'null') as in_older,
                    nullif(last_value(new_row -> metric) over of_cell, 'null') as in_newer,
                    case
                        when is_number and (kind in ('amount', 'quantity', 'count') or (old_row ->> metric is not null
                            and new_row ->> metric is not null))
                            then coalesce((new_row ->> metric)::numeric, 0) - coalesce((old_row ->> metric)::numeric, 0)
                    end as step_change
                from pairs cross join metrics
                where nullif(old_row -> metric, 'null') is distinct from nullif(new_row -> metric, 'null')
                window of_cell as (
                    partition by cell, metric order by to_id rows between unbounded preceding and unbounded following
                )
            ) as stepped
            where in_older is distinct from in_newer
        ),

        -- Changes of the sums of sales by the loads of a step.
        changes as (
            select from_id, to_id, part_of, c.month, c.market_code, c.market_group, c.load_id, c.basis, c.kind,
                sum(c.line_count) as line_count, sum(c.value_cny) as value_cny
            from steps
            inner join ops.release_change as c on c.release_id > from_id and c.release_id <= to_id
            cross join lateral ops.parts_of(
                c.basis, c.product_group, c.enterprise_uscc, 'enterprise_uscc' = any($4)
            ) as part_of
            group by 1, 2, 3, 4, 5, 6, 7, 8, 9
        ),

        -- Each market in its group in the row's last month.
        markets as (
            select c.market_code, c.market_group, months.own_month, market
            from (select distinct market_code, market_group from changes) as c
            cross join (
                select distinct own.own_month
                from moved cross join lateral ops.scope_of(coalesce(new_row, old_row), 'own', 0) as own
            ) as months
            cross join lateral ops.markets_of(c.market_code, c.market_group, months.own_month) as market
        ),

        -- Amounts that changed, and the numerators and denominators of ratios that changed.
        wanted as (
            select distinct to_id, cell, old_row, new_row, lines.metric, lines.markets, lines.months_back
            from moved
            inner join metrics as lines
                on lines.metric in (moved.metric, moved.numerator, moved.denominator) and lines.markets is not null
        ),

        amounts as (
            select wanted.to_id, wanted.cell, wanted.metric, changes.load_id, changes.basis, changes.kind,
                sum(changes.line_count) as line_count, sum(changes.value_cny) as part
            from wanted
            cross join lateral ops.scope_of(
                coalesce(wanted.new_row, wanted.old_row), wanted.markets, wanted.months_back
            ) as s
            inner join markets on markets.market = s.market and markets.own_month = s.own_month
            inner join changes
                on changes.to_id = wanted.to_id and changes.part_of = s.part_of
                and changes.market_code = markets.market_code and changes.market_group = markets.market_group
                and changes.month between s.first_month and s.last_month
            group by 1, 2, 3, 4, 5, 6
        ),

        -- A ratio n / d changes by its numerator and by its denominator; exactly, and independent of their order:
        -- d(n/d) = dn (1/d0 + 1/d1) / 2 - dd (n0 + n1) / (2 d0 d1)
        ratios as (
            select to_id, cell, metric, multiple, numerator, denominator,
                (old_row ->> numerator)::numeric as n0, (new_row ->> numerator)::numeric as n1,
                nullif((old_row ->> denominator)::numeric, 0) as d0,
                nullif((new_row ->> denominator)::numeric, 0) as d1, change
            from moved
            where change is not null
                and numerator in (select m.metric from metrics as m where m.markets is not null)
                and denominator in (select m.metric from metrics as m where m.markets is not null)
        ),

        parts as (
            select moved.to_id, moved.cell, moved.metric, a.load_id, a.basis, a.kind, a.line_count, a.part
            from moved inner join amounts as a using (to_id, cell, metric)
            where moved.change is not null
            union all
            select r.to_id, r.cell, r.metric, a.load_id, a.basis, a.kind, sum(a.line_count),
                r.multiple * sum(
                    case when a.metric = r.numerator then round(a.part * (1 / d0 + 1 / d1) / 2, 20) else 0 end
                    - case when a.metric = r.denominator then round(a.part * (n0 + n1) / (2 * d0 * d1), 20) else 0 end
                )
            from ratios as r
            inner join amounts as a
                on a.to_id = r.to_id and a.cell = r.cell and a.metric in (r.numerator, r.denominator)
            -- Leaves out metrics such as growth per working day, which are not numerator / denominator.
            where abs(r.change - r.multiple * (n1 / d1 - n0 / d0)) < 0.000000001
            group by 1, 2, 3, 4, 5, 6, r.multiple
        ),

        -- Files of the project that changed between the two builds and that this mart depends on.
        changed_inputs as (
            select to_id,
                array_agg(concat(name, ' ', coalesce(before, 'new'), ' -> ', coalesce(after, 'gone')) order by name) as names,
                array_agg(distinct case
                    when name in ('seeds/exchange_rates.csv', 'ops.exchange_rate') then 'changed rate'
                    when name like 'seeds/%%' then 'changed seed'
                    else 'changed code'
                end) as causes
            from (
                select steps.to_id, name, b0.inputs ->> name as before, b1.inputs ->> name as after
                from steps
                inner join ops.release as r0 on r0.release_id = steps.from_id
                inner join ops.release as r1 on r1.release_id = steps.to_id
                inner join ops.build as b0 on b0.build_id = r0.build_id
                inner join ops.build as b1 on b1.build_id = r1.build_id
                cross join lateral (
                    select jsonb_object_keys(b0.inputs || b1.inputs) as name
                ) as names
                where b0.inputs -> name is distinct from b1.inputs -> name
                    -- For a removed file it is not known which marts depended on it.
                    and (not b1.inputs ? name or name in (select unnest(m.inputs) from ops.mart as m where m.mart = $1))
            ) as changed
            group by to_id
        ),

        -- The change that the parts do not explain: changed code, or a figure that is no sum.
        leftovers as (
            select moved.to_id, moved.cell, moved.metric, moved.change - coalesce(p.part, 0) as part, p.part is null as is_all
            from moved
            left join (select to_id, cell, metric, sum(part) as part from parts group by 1, 2, 3) as p
                using (to_id, cell, metric)
        ),

        step_loads as (
            select steps.to_id, lm.source, lm.month, bl.load_id
            from steps
            inner join ops.release as r0 on r0.release_id = steps.from_id
            inner join ops.release as r1 on r1.release_id = steps.to_id
            inner join ops.build_load as bl on bl.build_id > r0.build_id and bl.build_id <= r1.build_id
            left join ops.load_month as lm on lm.load_id = bl.load_id
        ),

        -- A figure that is no sum gets one list of loads: those that changed its lines, including its base a year before;
        -- else those of its months and sources; else all.
        whole as (
            select moved.to_id, moved.cell, moved.metric, leftovers.part, i.names,
                case
                    when leftovers.is_all or i.names is null then coalesce(
                        (
                            select array_agg(distinct c.load_id order by c.load_id)
                            from changes as c
                            inner join markets as m using (market_code, market_group)
                            where c.to_id = moved.to_id and c.part_of = s.part_of and m.market = s.market
                                and m.own_month = s.own_month and c.month between s.base_month and s.last_month
                        ),
                        (
                            select array_agg(distinct l.load_id order by l.load_id) from step_loads as l
                            where l.to_id = moved.to_id and l.month between s.base_month and s.last_month
                                and (s.basis is null or (s.basis = 'order_book') = (l.source = 'enterprise_orders'))
                        ),
                        (
                            select array_agg(distinct l.load_id order by l.load_id) from step_loads as l
                            where l.to_id = moved.to_id
                        )
                    )
                end as load_ids,
                i.causes
            from moved
            inner join leftovers using (to_id, cell, metric)
            left join changed_inputs as i using (to_id)
            cross join lateral (
                select own.part_of, own.market, own.own_month, own.last_month, (own.first_month - interval '12 months')::date as base_month,
                    coalesce(moved.new_row, moved.old_row) ->> 'basis' as basis
                from ops.scope_of(coalesce(moved.new_row, moved.old_row), 'own', 0) as own
            ) as s
            where moved.change is null or leftovers.is_all or abs(leftovers.part) > 0.000000000001
        )

        select moved.to_id, moved.cell, moved.metric, moved.in_older #>> '{}', moved.in_newer #>> '{}', caused.cause,
            caused.load_ids, caused.inputs, caused.line_count, caused.part
        from moved
        inner join (
            select to_id, cell, metric,
                concat(kind, case basis when 'customs' then ' declarations' else ' orders' end) as cause,
                array[load_id] as load_ids, null::text[] as inputs, line_count::bigint, trim_scale(part) as part
            from parts
            where part <> 0
            union all
            select to_id, cell, metric,
                array_to_string(case when load_ids is not null then array['loads'] end || causes, ', '),
                load_ids, names, null, trim_scale(part)
            from whole
        ) as caused using (to_id, cell, metric)
        order by moved.cell, moved.metric, moved.to_id, abs(caused.part) desc nulls last
        $query$,
        of_mart
    ) using of_mart, older, newer, key;
end
$$;

-- Every cell that differs between two releases, and what changed it; of one mart, or of all.
create or replace function ops.release_diff(from_release bigint, to_release bigint, of_mart text default null)
returns table (
    mart text, cell jsonb, metric text, value_from text, value_to text, release_id bigint, cause text,
    load_ids bigint [], files text [], inputs text [], line_count bigint, part numeric
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    asked bigint;
    dropped_on timestamptz;
    name text;
    is_back boolean := from_release > to_release;
begin
    foreach asked in array array[from_release, to_release] loop
        select r.dropped_at into dropped_on from ops.release as r where r.release_id = asked;
        if not found then
            raise exception 'there is no release %; marts_history.release_info and `textile releases` list them', asked
            using errcode = 'invalid_parameter_value';
        elsif dropped_on is not null then
            raise exception 'release % is no longer kept: it was dropped on %', asked, dropped_on::date
            using errcode = 'invalid_parameter_value';
        end if;
    end loop;
    if of_mart is not null and not exists (select from ops.mart as m where m.mart = of_mart) then
        raise exception 'there is no mart %; there are: %', of_mart, (select string_agg(m.mart, ', ' order by m.mart) from ops.mart as m)
        using errcode = 'invalid_parameter_value';
    end if;
    for name in select m.mart from ops.mart as m where m.mart = coalesce(of_mart, m.mart) order by m.mart loop
        return query
        select name, d.cell, d.metric,
            case when is_back then d.value_to else d.value_from end,
            case when is_back then d.value_from else d.value_to end,
            d.release_id, d.cause, d.load_ids,
            (select array_agg(l.file_name order by l.load_id) from ops.load as l where l.load_id = any(d.load_ids)),
            d.inputs, d.line_count, case when is_back then -d.part else d.part end
        from ops.mart_diff(name, least(from_release, to_release), greatest(from_release, to_release)) as d;
    end loop;
end
$$;
comment on function ops.release_diff(bigint, bigint, text) is
'One row per cell that two releases show otherwise and cause; part is the cause''s part of the change, brought by release_id';
