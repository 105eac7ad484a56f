"""The marts: built where nobody reads, audited, then made visible in one commit.

Runs when any source announces accepted files.

- `build` runs dbt once into the schema `candidate`; the log shows every model. When no load and no code has
  changed since the newest release, the rest is skipped.
- `audit` is the release gate. A critical rule that fails ends the run here, and readers see what they saw.
  Skipped when another load was accepted meanwhile: the run which that one starts builds again.
- `publish` moves the pointer that all views in `marts` follow (the same as `textile publish`).

To try again, clear the run from `build`: the candidate always holds the newest build only.
"""

import logging
from datetime import timedelta

from airflow.sdk import Asset, AssetAny, dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from include.errors import PublishError, StaleBuildError
from include.settings import load_settings
from include.sources.contract import sources

log = logging.getLogger("textile")


@dag(
    schedule=AssetAny(*(Asset(f"raw.{source}") for source in sources())),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    tags={"marts"},
    doc_md=__doc__,
)
def build_marts() -> None:
    """Build, audit, publish."""

    @task.short_circuit(retries=0, execution_timeout=timedelta(hours=3))
    def build() -> int | None:
        from include import release

        build_id = release.build(load_settings(), log.info)
        if build_id is None:
            log.info("no load and no code has changed since the newest release: nothing to build")
        return build_id

    @task(retries=0, execution_timeout=timedelta(hours=1))
    def audit(build_id: int) -> int:
        from include import release

        try:
            failed = release.audit(load_settings(), build_id, log.info)
        except StaleBuildError as error:
            raise AirflowSkipException(str(error)) from error
        if failed:
            raise AirflowFailException(
                f"the release gate refused build {build_id}: {', '.join(failed)}. Readers see what they saw; "
                f"the reasons are in the log above and in ops.validation_result, build_id {build_id}"
            )
        return build_id

    # A reader who holds a lock makes it give up after seconds, rather than queue everyone else behind it.
    @task(
        retries=5,
        retry_delay=timedelta(seconds=20),
        retry_exponential_backoff=True,
        execution_timeout=timedelta(minutes=30),
    )
    def publish(build_id: int) -> int | None:
        from include import release

        try:
            return release.publish_build(load_settings(), build_id, log.info).release_id
        except PublishError as error:
            raise AirflowFailException(str(error)) from error

    publish(audit(build()))


build_marts()
