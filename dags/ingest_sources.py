"""Load the files of one source from the drop folder through the load gate into the warehouse.

- `find` looks for waiting files of any day, and for files of this or an earlier run that are not reported or
  published yet; without any, the rest is skipped.
- `load` reads, validates and accepts or refuses each file (the same as `textile load`). Rows that break a
  rule go to `ops.quarantine`; a refused file is kept in the archive with its reason.
- `announce` emits the asset `raw.<source>`, which starts `build_marts`; skipped when this run accepted no
  file and the newest release has all earlier loads.
- `report_refusals` fails the run when a file was refused; its message says which file and why. The other
  files are announced and published.

Rerun, retry, clear and backfill are safe: a file is identified by its content, a row by its key. A cleared
run finds its files in the load log, so a run with a refused file fails again.
"""

from datetime import timedelta

from airflow.sdk import DAG, Asset, CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from include.settings import load_settings
from include.sources.contract import sources

# A disk or a database may recover; a refusal is final, so `report_refusals` has no retries.
ON_IO_FAILURE = {"retries": 2, "retry_delay": timedelta(seconds=30), "retry_exponential_backoff": True}


def ingest(source: str) -> DAG:
    """Make the DAG that ingests one source."""

    @dag(
        dag_id=f"ingest_{source}",
        # Without run_immediately=0 a first start soon after 02:00 would run at once.
        schedule=CronTriggerTimetable("0 2 * * *", timezone="Asia/Shanghai", run_immediately=timedelta()),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=8),
        tags={"ingest", source},
        doc_md=__doc__,
    )
    def ingest_source() -> None:
        @task.short_circuit(**ON_IO_FAILURE, execution_timeout=timedelta(minutes=10))
        def find(run_id: str) -> bool:
            from include.load.ingest_run import has_work

            return has_work(load_settings(), source, run_id)

        @task(**ON_IO_FAILURE, execution_timeout=timedelta(hours=2))
        def load(run_id: str) -> dict[str, int | list[str]]:
            from include.load.ingest_run import load

            return load(load_settings(), source, run_id)

        @task(retries=0, outlets=[Asset(f"raw.{source}")], execution_timeout=timedelta(minutes=5))
        def announce(run_id: str) -> None:
            from include.load.ingest_run import has_news

            if not has_news(load_settings(), source, run_id):
                raise AirflowSkipException(f"no file of {source} was accepted: nothing to announce")

        @task(retries=0, execution_timeout=timedelta(minutes=5))
        def report_refusals(run_id: str) -> None:
            from include.load.ingest_run import refusals

            if message := refusals(load_settings(), source, run_id):
                raise AirflowFailException(message)

        find() >> load() >> [announce(), report_refusals()]

    return ingest_source()


for name in sources():
    ingest(name)
