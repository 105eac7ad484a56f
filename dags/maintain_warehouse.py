"""Housekeeping, daily at 04:30 Asia/Shanghai: what may go, goes; what stays, stays quick.

- `retain` drops releases older than 30 days that are no month end (the current one always stays), then
  validation results, Data Docs and archived deliveries past their time. Loads and quarantine are kept.
- `vacuum` frees the space and renews the planner's statistics.
"""

import logging
from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task

from include.settings import load_settings

log = logging.getLogger("textile")


@dag(
    schedule=CronTriggerTimetable("30 4 * * *", timezone="Asia/Shanghai", run_immediately=timedelta()),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=4),
    default_args={
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": True,
        "execution_timeout": timedelta(hours=1),
    },
    tags={"maintenance"},
    doc_md=__doc__,
)
def maintain_warehouse() -> None:
    """Retain, vacuum."""

    @task
    def retain() -> dict[str, int]:
        from include import maintenance

        return maintenance.retain(load_settings(), log.info)

    @task
    def vacuum() -> None:
        from include import maintenance

        maintenance.vacuum(load_settings(), log.info)

    retain() >> vacuum()


maintain_warehouse()
