"""The marts: built where nobody reads, audited, then made visible in one commit, when a source has new files.

- `build` runs dbt once into the schema `candidate`; without a new load or code the rest is skipped.
- `audit` is the release gate: a critical rule that fails ends the run, and readers see what they saw; its log
  has the figures that jumped, which `accept_drift` lets pass. Overtaken by a load, it builds again first.
- `publish` moves the pointer that all views in `marts` follow; it stands, also when `bulletin` fails.
- To try again, clear the run from `build`: the candidate always holds the newest build only.
"""

import logging
from datetime import timedelta

from airflow.sdk import Asset, AssetAny, Param, dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from include.errors import PublishError, ReadersInTheWayError
from include.settings import load_settings
from include.sources.contract import sources

log = logging.getLogger("textile")
PATIENTLY = {"retry_exponential_backoff": True, "execution_timeout": timedelta(minutes=30)}
_WHY = "Why figures that jumped are right (kept with your name); else they refuse. 数据跳变属实的理由"


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
    """Build, audit, publish, write the bulletin."""

    @task.short_circuit(retries=0, execution_timeout=timedelta(hours=3))
    def build() -> int | None:
        from include.release import building, publishing

        build_id = building.build(load_settings(), log.info)
        if build_id is None:
            log.info(publishing.unchanged(load_settings()).message)
        return build_id

    @task(retries=0, execution_timeout=timedelta(hours=4))  # it may have to build again
    def audit(build_id: int, params: dict, dag_run) -> int:
        from include.release import drift, publishing, validation

        accepted = drift.acceptance(params["accept_drift"], dag_run.triggering_user_name)
        audited, failed = validation.audit_fresh(load_settings(), build_id, log.info, accepted)
        if audited is None:
            raise AirflowSkipException(publishing.unchanged(load_settings()).message)
        if failed:
            why = drift.refusal(drift.jumps(load_settings(), audited))
            raise AirflowFailException(f"build {audited} ({', '.join(failed)}): {why}")
        return audited

    # Gives up after seconds, for its readers; its tries outlast the 30 minutes that one of them may idle.
    @task(retries=7, retry_delay=timedelta(seconds=20), **PATIENTLY)
    def publish(build_id: int) -> int | None:
        from include.release import publishing

        try:
            return publishing.publish_build(load_settings(), build_id, log.info).release_id
        except ReadersInTheWayError:
            raise
        except PublishError as error:
            raise AirflowFailException(str(error)) from error

    @task(retries=2, **PATIENTLY)
    def bulletin(release_id: int) -> str:
        from include.bulletin.write import write_after_switch

        return write_after_switch(load_settings(), release_id, log.info).file

    bulletin(publish(audit(build())))


build_marts()
