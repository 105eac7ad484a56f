"""Build, validate and publish the marts when a source has new files.

- `build_and_validate` runs dbt into the schema `candidate`, then the release gate. A critical rule that fails
  ends the run; readers still see the current release. The log lists the figures that jumped, which
  `accept_drift` accepts. Without a new load or new code the rest is skipped. It is one task because a load
  that is accepted before the gate makes the build stale: then both run again, and the release has that load.
- `publish` makes the release current and announces the asset `marts.release`, with `release_id` in its extra.
- `write_bulletin` writes the page of the release, which stays published when this task fails.
- To try again, clear the run from its first task: the candidate holds only the newest build.
"""

import logging
from datetime import timedelta

from airflow.sdk import Asset, AssetAny, Param, dag, task
from airflow.sdk.exceptions import AirflowFailException

from include.errors import PublishError, ReadersBlockError
from include.settings import load_settings
from include.sources.contract import sources

log = logging.getLogger(__name__)
RELEASE = Asset("marts.release")
WITH_BACKOFF = {"retry_exponential_backoff": True, "execution_timeout": timedelta(minutes=30)}
_WHY = "Why figures that jumped are right (recorded with your name). 数据跳变属实的理由"


@dag(
    schedule=AssetAny(*(Asset(f"raw.{source}") for source in sources())),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=9),
    params={"accept_drift": Param(None, type=["null", "string"], description=_WHY)},
    tags={"marts"},
    doc_md=__doc__,
)
def build_marts() -> None:
    """Build and validate, publish, write the bulletin."""

    @task.short_circuit(retries=0, execution_timeout=timedelta(hours=7))  # it may build again
    def build_and_validate(params, dag_run) -> int | None:
        from include.release import drift, publishing

        settings = load_settings()
        accepted = drift.read_acceptance(params["accept_drift"], dag_run.triggering_user_name)
        build = publishing.build_and_validate(settings, accepted=accepted)
        if build is None:
            log.info(publishing.report_unchanged(settings).message)
            return None
        if build.failed_rules:
            why = drift.refusal(drift.jumps(settings, build.build_id))
            raise AirflowFailException(f"build {build.build_id} ({', '.join(build.failed_rules)}): {why}")
        return build.build_id

    # A try does not block readers; all tries take longer than the 30 minutes that a reader may be idle.
    @task(retries=7, retry_delay=timedelta(seconds=20), outlets=[RELEASE], **WITH_BACKOFF)
    def publish(build_id: int, outlet_events) -> int | None:
        from include.release import publishing

        try:
            release_id = publishing.publish_build(load_settings(), build_id).release_id
        except ReadersBlockError:
            raise
        except PublishError as error:
            raise AirflowFailException(str(error)) from error
        outlet_events[RELEASE].extra = {"release_id": release_id}
        return release_id

    @task(retries=2, **WITH_BACKOFF)
    def write_bulletin(release_id: int) -> str:
        from include.bulletin.write import write_after_switch

        return write_after_switch(load_settings(), release_id).file

    write_bulletin(publish(build_and_validate()))


build_marts()
