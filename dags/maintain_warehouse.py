"""Housekeeping, daily at 04:30 Asia/Shanghai: what may go, goes; what stays, stays quick.

- `drop_expired` drops releases older than 30 days that are no month end and did not make a month final (the
  newest and the current one always stay), then validation results, Data Docs and archived deliveries past
  their time. Loads and quarantine are kept. It blocks no reader.
- `vacuum` frees the space and renews the planner's statistics.
- `check` counts that every load and release has its rows, then compares every month of the newest release
  with raw: the release gate reads only the months that loads touched. When it fails, a backup was restored in
  part, or something but a load has changed raw.
"""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task

from include.settings import load_settings


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
    """Drop what is expired, vacuum, check."""

    @task
    def drop_expired() -> dict[str, int]:
        from include.maintenance import housekeeping

        return housekeeping.drop_expired(load_settings())

    @task
    def vacuum() -> None:
        from include.maintenance import housekeeping

        housekeeping.vacuum(load_settings())

    @task(retries=0)
    def check() -> int:
        from airflow.sdk.exceptions import AirflowSkipException

        from include.maintenance import raw_check

        months = raw_check.check(load_settings())
        if months == 0:
            raise AirflowSkipException("nothing was compared; the log says why")
        return months

    drop_expired() >> vacuum() >> check()


maintain_warehouse()
