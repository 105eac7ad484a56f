"""Which releases are kept, and why."""

from datetime import datetime

import psycopg

RELEASE_DAYS = 30  # every release that was current in these days is kept

# By when a release was current, not by when it was made: one rolled back the same day is no month end.
_REASONS = """
    with shown as (
        select
            release_id,
            switched_at as shown_from,
            coalesce(lead(switched_at) over (order by switched_at), 'infinity') as shown_to,
            lead(release_id) over (order by switched_at) as next_release_id
        from ops.release_switch
    ),

    seen as (
        select
            release_id,
            bool_or(shown_to >= %(now)s - make_interval(days => %(days)s)) as is_recent,
            -- Current when the month ended.
            bool_or(
                date_trunc('month', shown_from, 'Asia/Shanghai')
                <> date_trunc('month', least(shown_to, %(now)s), 'Asia/Shanghai')
            ) as is_month_end,
            coalesce((array_agg(next_release_id < release_id order by shown_from desc))[1], false)
                as is_taken_back
        from shown
        group by release_id
    ),

    judged as (
        select
            r.release_id,
            r.dropped_at,
            s.is_recent,
            s.is_month_end,
            r.final_through > coalesce(
                max(case when not s.is_taken_back then r.final_through end) over (
                    order by r.release_id rows between unbounded preceding and 1 preceding
                ),
                '-infinity'
            ) and not s.is_taken_back as is_final,
            r.release_id = max(r.release_id) over () as is_newest
        from ops.release as r
        inner join seen as s on r.release_id = s.release_id
    )

    select
        j.release_id,
        concat_ws(
            ', ',
            case when j.release_id = c.release_id then 'current' end,
            case when j.is_newest then 'newest' end,
            case when j.is_recent then 'recent' end,
            case when j.is_month_end then 'month end' end,
            case when j.is_final then 'final' end
        )
    from judged as j
    left join store.current_release as c on true
    where j.dropped_at is null
"""


def reasons(connection: psycopg.Connection, now: datetime) -> dict[int, str]:
    """Why each release that was not dropped is kept as of ``now``; empty: it may be dropped.

    Kept are the current and the newest release, those that were current in the last 30 days or at the end of
    a month (Shanghai time), and each that was the first with a final month and was not rolled back.
    """
    rows = connection.execute(_REASONS, {"now": now, "days": RELEASE_DAYS})
    return dict(rows.fetchall())
