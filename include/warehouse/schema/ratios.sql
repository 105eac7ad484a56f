-- Shares and growth of any group of a mart's rows: numerators add up, and each denominator counts once.
-- marts.metric_catalogue.how_to_aggregate has the call for every figure. These functions do not call each other,
-- because their callers have no rights in ops.

-- The state of a group: sum of numerators, level, sum of denominators; then pairs of the owner of a shared denominator
-- and that denominator, which is added once. Numbers are stored as text, so nothing is rounded; a missing part makes
-- its sum NULL.
create or replace function ops.ratio_add(state text [], numerator numeric, denominator numeric, level record)
returns text []
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
begin
    if state[2] <> level::text then
        raise data_exception using
            message = format('a ratio over rows that do not add up: %s and %s in one group', state[2], level),
            hint = 'Filter or group by the columns of the last argument (metric_catalogue.how_to_aggregate).';
    end if;
    state[1] := (state[1]::numeric + numerator)::text;
    state[2] := level::text;
    state[3] := (state[3]::numeric + denominator)::text;
    return state;
end $$;

create or replace function ops.ratio_add(
    state text [], numerator numeric, denominator numeric, denominator_of record, level record
) returns text []
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
declare
    place constant integer := array_position(state, denominator_of::text, 4);
begin
    if state[2] <> level::text then
        raise data_exception using
            message = format('a ratio over rows that do not add up: %s and %s in one group', state[2], level),
            hint = 'Filter or group by the columns of the last argument (metric_catalogue.how_to_aggregate).';
    end if;
    state[1] := (state[1]::numeric + numerator)::text;
    state[2] := level::text;
    if place is null then
        state[3] := (state[3]::numeric + denominator)::text;
        state := state || array[denominator_of::text, denominator::text];
    elsif state[place + 1] is distinct from denominator::text then
        raise data_exception using
            message = format('%s has two denominators, %s and %s', denominator_of, state[place + 1], denominator),
            hint = 'The third argument names whose denominator it is (metric_catalogue.how_to_aggregate).';
    end if;
    return state;
end $$;

create or replace function ops.ratio_combine(state text [], other text []) returns text []
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
declare
    place integer;
begin
    if state[2] <> other[2] then
        raise data_exception using
            message = format('a ratio over rows that do not add up: %s and %s in one group', state[2], other[2]),
            hint = 'Filter or group by the columns of the last argument (metric_catalogue.how_to_aggregate).';
    end if;
    state[1] := (state[1]::numeric + other[1]::numeric)::text;
    state[2] := coalesce(state[2], other[2]);
    state[3] := (state[3]::numeric + other[3]::numeric)::text;
    for item in 4..cardinality(other) by 2 loop
        place := array_position(state, other[item], 4);
        if place is null then
            state := state || other[item:item + 1];
        elsif state[place + 1] is not distinct from other[item + 1] then
            state[3] := (state[3]::numeric - other[item + 1]::numeric)::text;
        else
            raise data_exception using
                message = format('%s has two denominators, %s and %s', other[item], state[place + 1], other[item + 1]),
                hint = 'The third argument names whose denominator it is (metric_catalogue.how_to_aggregate).';
        end if;
    end loop;
    return state;
end $$;

create or replace function ops.ratio_as_ratio(state text []) returns numeric
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case when state[3]::numeric <> 0 then trim_scale(round(state[1]::numeric / state[3]::numeric, 15)) end
$$;

create or replace function ops.ratio_as_growth_rate(state text []) returns numeric
language sql immutable parallel safe as $$
    select case
        when state[3]::numeric > 0 then trim_scale(round(round(state[1]::numeric, 20) / state[3]::numeric - 1, 15))
    end
$$;

create or replace function ops.ratio_as_points(state text []) returns numeric
language sql immutable parallel safe as $$
    select case
        when state[3]::numeric > 0
            then trim_scale(round(round(100 * state[1]::numeric, 20) / state[3]::numeric, 13))
    end
$$;

create or replace aggregate marts.ratio(numerator numeric, denominator numeric, level record) (
    sfunc = ops.ratio_add, stype = text [], initcond = '{0,null,0}', combinefunc = ops.ratio_combine,
    finalfunc = ops.ratio_as_ratio, parallel = safe
);
comment on aggregate marts.ratio(numeric, numeric, record) is 'Numerator over denominator, a fraction; NULL when a part of either is missing or the base is zero / 比率：分子合计除以分母合计';

create or replace aggregate marts.ratio(numerator numeric, denominator numeric, denominator_of record, level record) (
    sfunc = ops.ratio_add, stype = text [], initcond = '{0,null,0}', combinefunc = ops.ratio_combine,
    finalfunc = ops.ratio_as_ratio, parallel = safe
);
comment on aggregate marts.ratio(numeric, numeric, record, record) is 'Numerator over denominator, a fraction; NULL when a part of either is missing or the base is zero / 比率：分子合计除以分母合计';

create or replace aggregate marts.growth_rate(numerator numeric, denominator numeric, level record) (
    sfunc = ops.ratio_add, stype = text [], initcond = '{0,null,0}', combinefunc = ops.ratio_combine,
    finalfunc = ops.ratio_as_growth_rate, parallel = safe
);
comment on aggregate marts.growth_rate(numeric, numeric, record) is 'Numerator over denominator less 1, a fraction; NULL when a part of either is missing or the base is not above zero / 增速';

create or replace aggregate marts.growth_rate(numerator numeric, denominator numeric, denominator_of record, level record) (
    sfunc = ops.ratio_add, stype = text [], initcond = '{0,null,0}', combinefunc = ops.ratio_combine,
    finalfunc = ops.ratio_as_growth_rate, parallel = safe
);
comment on aggregate marts.growth_rate(numeric, numeric, record, record) is 'Numerator over denominator less 1, a fraction; NULL when a part of either is missing or the base is not above zero / 增速';

create or replace aggregate marts.points(numerator numeric, denominator numeric, level record) (
    sfunc = ops.ratio_add, stype = text [], initcond = '{0,null,0}', combinefunc = ops.ratio_combine,
    finalfunc = ops.ratio_as_points, parallel = safe
);
comment on aggregate marts.points(numeric, numeric, record) is '100 x numerator over denominator, percentage points; NULL when a part of either is missing or the base is not above zero / 百分点';

create or replace aggregate marts.points(numerator numeric, denominator numeric, denominator_of record, level record) (
    sfunc = ops.ratio_add, stype = text [], initcond = '{0,null,0}', combinefunc = ops.ratio_combine,
    finalfunc = ops.ratio_as_points, parallel = safe
);
comment on aggregate marts.points(numeric, numeric, record, record) is '100 x numerator over denominator, percentage points; NULL when a part of either is missing or the base is not above zero / 百分点';

revoke all on function ops.ratio_add(text [], numeric, numeric, record), ops.ratio_combine(text [], text []),
ops.ratio_add(text [], numeric, numeric, record, record), ops.ratio_as_ratio(text []),
ops.ratio_as_growth_rate(text []), ops.ratio_as_points(text []) from public;

-- The figure of a row that has no ratio of its own but is still part of a group's ratio; NULL where it is not known.
create or replace function marts.known(figure numeric, reason text) returns numeric
language sql immutable parallel safe as $$
    select case when coalesce(reason, 'zero_base') in ('zero_base', 'negative_base', 'zero_denominator') then figure end
$$;
comment on function marts.known(numeric, text) is
'The figure, or NULL where its reason says that a part of it is not known; zero_base, negative_base and '
'zero_denominator tell of one row only / 原因为数据不全时返回空值';

-- marts.market_share has a row only where a market buys, or bought. A market's share of several months needs the
-- totals of all months. The body is checked when it is called, because the mart is created by the first release.
set check_function_bodies = off;
create or replace function marts.market_share_complete() returns table (
    month date, basis text, product_group text, market_level text, market_group text, market_code text,
    whole text, is_finished boolean, value_cny numeric, total_value_cny numeric,
    base_value_cny numeric, base_total_value_cny numeric,
    value_3m_before_cny numeric, total_value_3m_before_cny numeric,
    value_usd numeric, total_value_usd numeric, value_today_members_cny numeric,
    quantity_unit text, quantity numeric, total_quantity numeric
) language sql stable as $$
    with wholes as (
        select
            month, basis, product_group, is_finished,
            marts.known(total_value_cny, share_reason) as total_value_cny,
            marts.known(base_total_value_cny, share_change_reason) as base_total_value_cny,
            marts.known(total_value_3m_before_cny, share_change_3m_reason) as total_value_3m_before_cny,
            total_value_usd, quantity_unit,
            case when bool_or(marts.known(0, share_quantity_reason) is not null) then max(total_quantity) end
                as total_quantity
        from marts.market_share
        group by 1, 2, 3, 4, 5, 6, 7, 8, 9
    ),
    markets as (select distinct market_level, market_group, market_code from marts.market_share)
    select
        w.month, w.basis, w.product_group, m.market_level, m.market_group, m.market_code,
        (w.month, w.basis, w.product_group)::text as whole,
        w.is_finished,
        coalesce(s.value_cny, 0) as value_cny,
        w.total_value_cny,
        case when w.base_total_value_cny is not null then coalesce(s.base_value_cny, 0) end as base_value_cny,
        w.base_total_value_cny,
        case when w.total_value_3m_before_cny is not null then coalesce(s.value_3m_before_cny, 0) end
            as value_3m_before_cny,
        w.total_value_3m_before_cny,
        case when s.month is null then 0 else s.value_usd end as value_usd,
        w.total_value_usd,
        coalesce(s.value_today_members_cny, 0) as value_today_members_cny,
        w.quantity_unit,
        case when s.month is null then 0 else marts.known(coalesce(s.quantity, 0), s.share_quantity_reason) end
            as quantity,
        w.total_quantity
    from wholes as w
    cross join markets as m
    left join marts.market_share as s
        on s.month = w.month and s.basis = w.basis and s.product_group = w.product_group
        and s.market_level = m.market_level and s.market_group = m.market_group
        and s.market_code is not distinct from m.market_code
$$;
reset check_function_bodies;
comment on function marts.market_share_complete() is
'marts.market_share with a row for every market in every month, basis and product group, 0 where it bought nothing: '
'for shares of several months, products or markets / 含零值的完整市场份额，用于汇总份额';

revoke all on function
marts.ratio(numeric, numeric, record),
marts.ratio(numeric, numeric, record, record),
marts.growth_rate(numeric, numeric, record),
marts.growth_rate(numeric, numeric, record, record),
marts.points(numeric, numeric, record),
marts.points(numeric, numeric, record, record),
marts.known(numeric, text),
marts.market_share_complete()
from public;
grant execute on function
marts.ratio(numeric, numeric, record),
marts.ratio(numeric, numeric, record, record),
marts.growth_rate(numeric, numeric, record),
marts.growth_rate(numeric, numeric, record, record),
marts.points(numeric, numeric, record),
marts.points(numeric, numeric, record, record),
marts.known(numeric, text),
marts.market_share_complete()
to analyst, bi_reader, publisher;
