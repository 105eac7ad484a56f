"""Which releases are kept, and why."""

from datetime import datetime

import psycopg

ALL_DAYS = 30  # younger ones: every one
MONTH_ENDS = 36  # months: of older ones, the last of each month

# The current and the newest release stay whatever their age; those that made a month final, for ever.
_REASONS = """
    with judged as (
        select
            release_id,
            published_at,
            dropped_at,
            final_through > coalesce(
                max(final_through) over (
                    order by release_id rows between unbounded preceding and 1 preceding
                ),
                '-infinity'
            ) as is_final,
            release_id = max(release_id) over () as is_newest,
            release_id = max(release_id) over (
                partition by date_trunc('month', published_at, 'Asia/Shanghai')
            ) as is_month_end
        from ops.release
    )
    select
        j.release_id,
        concat_ws(
            ', ',
            case when j.release_id = c.release_id then 'current' end,
            case when j.is_newest then 'newest' end,
            case when j.published_at >= %(now)s - make_interval(days => %(days)s) then 'recent' end,
            case
                when j.is_month_end and j.published_at >= %(now)s - make_interval(months => %(months)s)
                    then 'month end'
            end,
            case when j.is_final then 'final' end
        )
    from judged as j
    left join store.current_release as c on true
    where j.dropped_at is null
"""


def reasons(connection: psycopg.Connection, now: datetime) -> dict[int, str]:
    """Why each release that is still there is kept as of ``now``; empty for one that may go."""
    rows = connection.execute(_REASONS, {"now": now, "days": ALL_DAYS, "months": MONTH_ENDS})
    return dict(rows.fetchall())
