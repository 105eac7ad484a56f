"""Check that the warehouse is whole: rows, logs, keys and grants are there and agree.

After an interrupted restore, or one into a warehouse that had tables already, they do not, and the next load
or publish would make it worse.
"""

from collections.abc import Iterator

import psycopg
from psycopg import sql

from include.errors import HalfRestoredError
from include.release import entered_rates
from include.settings import Role, Settings
from include.sources.contract import contract, sources
from include.warehouse.connection import connect

_MAX_NAMED = 5
# Rows are never deleted from raw, its history and the quarantine: all rows of a load must be there.
_ROWS_OF_LOADS = """
    with there as (
        select _load_id as load_id, count(*) as rows
        from (select _load_id from raw.{source} union all select _load_id from raw.{source}_history) as every
        group by _load_id
    ),

    rejected as (
        select load_id, count(*) as rows from ops.quarantine where source = '{source}' group by load_id
    ),

    loads as (
        select load_id, accepted, quarantined from ops.load where source = '{source}' and status = 'accepted'
    )

    select load_id, 'raw.{source}', coalesce(l.accepted, 0), coalesce(t.rows, 0)
    from loads as l full join there as t using (load_id)
    where coalesce(l.accepted, 0) <> coalesce(t.rows, 0)
    union all
    select load_id, 'ops.quarantine', coalesce(l.quarantined, 0), coalesce(r.rows, 0)
    from loads as l full join rejected as r using (load_id)
    where coalesce(l.quarantined, 0) <> coalesce(r.rows, 0)
    order by 1, 2
"""
# A load records the months of the rows that it made current and of those that it superseded. A row that was
# superseded by its own load was never current, so its month is not recorded.
_MONTHS_OF_LOADS = """
    select
        format('load %%s changed %%s month(s) of raw.{source} that ops.load_month lacks', load_id, count(*))
    from (
        select load_id, date_trunc('month', day::timestamp)::date
        from (
            select _load_id as load_id, {day} as day from raw.{source}
            union
            select _superseded_by, {day} from raw.{source}_history where _superseded_by <> _load_id
        ) as days
        except
        select load_id, month from ops.load_month
    ) as lacking (load_id, month)
    group by load_id
    order by load_id
"""
_LOADS_OF_RELEASES = """
    select format('release %%s was made of %%s loads, and ops.build_load names %%s', release_id, loads, named)
    from (
        select
            r.release_id,
            r.loads,
            (select count(*) from ops.build_load as b where b.build_id <= r.build_id) as named
        from ops.release as r
    ) as counted
    where named < loads
    union all
    select format('%%s names load %%s, and ops.load does not', named_in, load_id)
    from (
        select 'ops.build_load' as named_in, load_id from ops.build_load
        union
        select 'ops.load_month', load_id from ops.load_month
        union
        select 'ops.release_change', load_id from ops.release_change
        union
        select 'ops.release', last_load_id from ops.release
    ) as every
    where load_id not in (select load_id from ops.load)
    union all
    select 'there are releases, and store.current_release says of none that readers see it'
    where exists (select from ops.release) and not exists (
        select from store.current_release inner join ops.release using (release_id)
    )
"""
# A restore creates keys after the rows, and grants last.
_KEYS = """
    select format('%%s has no primary key', c.oid::regclass)
    from pg_class as c
    where c.relnamespace = 'ops'::regnamespace and c.relkind = 'r'
        and exists (select from pg_attribute as a where a.attrelid = c.oid and a.attidentity <> '')
        and not exists (select from pg_constraint as k where k.conrelid = c.oid and k.contype = 'p')
    order by 1
"""
_VIEWS = """
    select case
        when to_regclass('store.' || mart) is null then format('store.%%s is not there', mart)
        when to_regclass('marts.' || mart) is null then format('marts.%%s is not there', mart)
        else format('marts.%%s cannot be read by analyst', mart)
    end
    from unnest(%(marts)s::text[]) as mart
    where to_regclass('store.' || mart) is null
        or not coalesce(has_table_privilege('analyst', to_regclass('marts.' || mart), 'select'), false)
"""
# ops.release.rows_changed: how many rows a release added to each mart and how many it ended.
_ROWS_OF_RELEASES = """
    with ranges as (
        select valid_from_release, valid_to_release, count(*) as rows from {store} group by 1, 2
    ),

    releases as (
        select
            release_id,
            dropped_at,
            sum(
                coalesce((rows_changed -> %(mart)s ->> 'added')::bigint, 0)
                - coalesce((rows_changed -> %(mart)s ->> 'ended')::bigint, 0)
            ) over (order by release_id) as expected
        from ops.release
    )

    select format(
        'release %%s has %%s rows in store.%%s, and %%s are there',
        release_id, expected, %(mart)s::text, there
    )
    from (
        select
            release_id,
            expected,
            (
                select coalesce(sum(rows), 0) from ranges
                where valid_from_release <= release_id and valid_to_release > release_id
            ) as there
        from releases
        where dropped_at is null
    ) as compared
    where expected <> there
    order by release_id desc
"""


def check(settings: Settings, releases: psycopg.Connection) -> None:
    """HalfRestoredError when loads, builds and releases do not agree with their rows.

    ``releases``: a connection as the publisher, in a transaction with one snapshot.
    """
    try:
        found = [*_loads(settings), *_months(releases), *_rates(releases), *_releases(releases)]
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege) as error:
        found = [str(error).splitlines()[0]]
    if found:
        more = f", and {len(found) - _MAX_NAMED} more like that" if len(found) > _MAX_NAMED else ""
        raise HalfRestoredError(
            f"the warehouse is not whole: {'; '.join(found[:_MAX_NAMED])}{more}. Was a backup restored"
            " in part? Load and publish nothing; restore all of it as docs/backup.md says, then"
            " `textile check` again. If nothing was restored, see docs/runbooks/raw-changed.md"
        )


def _loads(settings: Settings) -> Iterator[str]:
    # As the loader: no other role reads rejected rows. A verdict and its rows are committed together.
    with connect(settings, Role.LOADER) as connection:
        for source in sources():
            rows = connection.execute(_ROWS_OF_LOADS.format(source=source).encode()).fetchall()
            for load_id, table, expected, there in rows:
                yield f"load {load_id} brought {expected} rows, and {table} has {there}"


def _months(connection: psycopg.Connection) -> Iterator[str]:
    for source in sources():
        months = _MONTHS_OF_LOADS.format(source=source, day=contract(source).date_column)
        for (what,) in connection.execute(months.encode(), {}).fetchall():
            yield what


def _rates(connection: psycopg.Connection) -> Iterator[str]:
    there = entered_rates.checksums(connection)
    noted = connection.execute(
        "select build_id, inputs ->> %(name)s from ops.build where inputs ? %(name)s"
        " order by build_id desc limit 1",
        {"name": entered_rates.INPUT},
    ).fetchone()
    # Entered rates are never changed: the checksum of a build stays in the list.
    if noted and noted[1] not in there:
        yield f"build {noted[0]} used exchange rates that {entered_rates.INPUT} lacks"


def _releases(connection: psycopg.Connection) -> Iterator[str]:
    for query in (_KEYS, _LOADS_OF_RELEASES):
        for (what,) in connection.execute(query.encode(), {}).fetchall():
            yield what
    newest = "select rows_changed from ops.release order by release_id desc limit 1"
    marts = sorted((connection.execute(newest).fetchone() or [{}])[0])
    gone = [what for (what,) in connection.execute(_VIEWS.encode(), {"marts": marts}).fetchall()]
    yield from gone
    if gone:
        return
    for mart in marts:
        rows = sql.SQL(_ROWS_OF_RELEASES).format(store=sql.Identifier("store", mart))
        for (what,) in connection.execute(rows, {"mart": mart}).fetchall():
            yield what
