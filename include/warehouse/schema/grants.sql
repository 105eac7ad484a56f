-- Each role gets only the rights it needs. tests/warehouse/test_roles.py tests what each can NOT do.
revoke all on schema public from public;
-- Writers use advisory locks: a role that may not write must not hold one, and must not store large objects.
do $$
declare
    callable regprocedure;
begin
    for callable in
        select oid from pg_proc
        where pronamespace = 'pg_catalog'::regnamespace
            and (proname ~ '^pg_(try_)?advisory_(xact_)?lock' or proname ~ '^lo_' or proname in ('lowrite', 'loread'))
    loop
        execute format('revoke execute on function %s from public', callable);
        if callable::text ~ 'advisory' then
            execute format('grant execute on function %s to loader, transformer, publisher', callable);
        end if;
    end loop;
end
$$;

grant usage on schema raw to loader, transformer, publisher;
grant select, insert, delete on all tables in schema raw to loader;
grant select on all tables in schema raw to transformer, publisher;
grant usage, create on schema load to loader;
grant usage on schema ops to loader, publisher;
grant select, insert, update on ops.load to loader;
grant insert, select on ops.quarantine, ops.refused_row, ops.load_enterprise, ops.validation_result to loader;
-- A rejected row is never changed; only the load that resolved it is added.
grant update (resolved_by_load, resolved_at) on ops.quarantine to loader;
-- Sums over the delivered files, no rows.
grant usage on schema ops to transformer;
grant select on ops.source_quality, ops.source_quality_rules to loader, transformer, publisher;
grant insert on ops.load_month to loader;
grant select on ops.months_to_build, ops.unreleased_load to transformer, publisher;
grant select, insert on ops.build_load to publisher;
grant select, insert on ops.exchange_rate to publisher;
grant select on ops.exchange_rate to transformer;
grant select, insert on ops.release_change to publisher;
grant select, insert, update on ops.mart to publisher;
grant select, insert, delete, truncate on ops.difference to publisher;
grant select on ops.load_month to publisher;
grant update (build_id) on ops.load_month to publisher;
-- For maintenance: vacuum and analyze.
grant maintain on all tables in schema raw to loader;
grant maintain on all tables in schema ops to publisher;
grant delete on ops.validation_result to publisher;
grant select, delete on ops.refused_row to publisher;

grant usage on schema staging, intermediate, reference, candidate to publisher;
alter default privileges for role transformer in schema staging, intermediate, reference, candidate
grant select on tables to publisher;
grant usage, create on schema store to publisher;
-- The revision mart compares with the newest release.
grant usage on schema store to transformer;
grant select on all tables in schema store to transformer;
alter default privileges for role publisher in schema store grant select on tables to transformer;
grant select on ops.load to publisher;
grant select, insert, update on ops.build, ops.build_node, ops.release to publisher;
grant select, insert on ops.validation_result, ops.release_switch, ops.accepted_drift to publisher;
grant select, insert, update on store.current_release to publisher;
grant usage, create on schema marts, marts_history to publisher;
-- Every reader of a view may call its functions; this one reads with the rights of its owner.
alter function store.visible_release() owner to publisher;

-- Roles that may read every mart may ask why a figure changed, but may not read tables of ops.
alter function ops.mart_diff(text, bigint, bigint) owner to publisher;
alter function ops.release_diff(bigint, bigint, text) owner to publisher;
revoke all on function ops.mart_diff(text, bigint, bigint), ops.release_diff(bigint, bigint, text) from public;
grant usage on schema ops to analyst;
grant execute on function ops.release_diff(bigint, bigint, text) to analyst;

grant usage on schema marts, marts_history to analyst, bi_reader;
grant select on marts.release_info, marts_history.release_info to analyst, bi_reader;
-- The bulletin reads the refused files and, as bi_reader, its figures, in one transaction.
grant bi_reader to publisher with inherit false;
-- The three writers hash and sort whole batches, and only a few run at once.
alter role loader set work_mem = '128MB';
alter role transformer set work_mem = '128MB';
alter role publisher set work_mem = '128MB';
-- The statement of a killed process ends by itself and releases the locks that the next run waits for.
alter role loader set client_connection_check_interval = '1s';
alter role transformer set client_connection_check_interval = '1s';
alter role publisher set client_connection_check_interval = '1s';
-- Builds join new tables without statistics: the planner expects a few rows, and its nested loops take minutes.
-- A hash join of whole tables costs little more than the best plan.
alter role transformer set enable_nestloop = off;
-- Readers cannot use every connection: of 200 (max_connections) 3 are the superuser's, and more than 100 remain for
-- the pipeline. Airflow's and Superset's pools may use 90, a day's loads, a build and a publish 20.
alter role analyst connection limit 40;
alter role bi_reader connection limit 40;
alter role analyst set statement_timeout = '5min';
alter role bi_reader set statement_timeout = '60s';
alter role analyst set idle_in_transaction_session_timeout = '30min';
alter role bi_reader set idle_in_transaction_session_timeout = '5min';
alter role bi_reader set default_transaction_read_only = on;
