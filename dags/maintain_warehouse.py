"""Maintain the warehouse, daily at 04:30 Asia/Shanghai.

- `drop_expired` drops releases older than 30 days that are no month end and not the first with a final month
  (the newest and the current one always stay), then expired validation results, Data Docs and archived files.
  Loads and quarantine are kept. Readers do not wait.
- `vacuum` frees the space of dead rows and renews the planner's statistics.
- `check` checks that every load and release has its rows, then compares every month of the newest release
  with raw: the release gate reads only the months that loads touched. It fails when a backup was restored in
  part, or when raw was changed, and not by a load.
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
    """Drop what is expired, vacuum, and check."""

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

        from include.maintenance import nightly_check

        months = nightly_check.check(load_settings())
        if months == 0:
            raise AirflowSkipException("nothing was compared; the log says why")
        return months

    drop_expired() >> vacuum() >> check()


maintain_warehouse()
