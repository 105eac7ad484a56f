"""Make an older release the current one: by hand, with a form.

- `rollback` makes the release current. Readers see it with their next transaction; nothing is deleted, and
  the same form makes a newer release current again. `ops.release_switch` has who triggered the run, and why.
- `write_bulletin` writes the page of that release as the current one.

It stays current until the next release is published: pause `build_marts` first if the cause is not corrected.
`textile releases` lists the releases.
"""

import logging
from datetime import timedelta

from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowFailException

from include.errors import PublishError
from include.settings import load_settings

log = logging.getLogger(__name__)


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=30),
    params={
        "release_id": Param(
            type="integer", minimum=1, title="Release / 发布编号", description="The release to make current."
        ),
        "reason": Param(
            type="string",
            minLength=1,
            title="Reason / 原因",
            description="Why; it is recorded with your name.",
        ),
    },
    tags={"marts"},
    doc_md=__doc__,
)
def rollback_release() -> None:
    """Make the release current, then write the bulletin."""

    @task(
        retries=2,
        retry_delay=timedelta(seconds=10),
        retry_exponential_backoff=True,
        execution_timeout=timedelta(minutes=10),
    )
    def rollback(params: dict, dag_run) -> int:
        from include.release import current_release

        try:
            current_release.rollback(
                load_settings(), params["release_id"], params["reason"], dag_run.triggering_user_name
            )
        except PublishError as error:
            raise AirflowFailException(str(error)) from error
        log.info("readers see release %s", params["release_id"])
        return params["release_id"]

    @task(retries=2, retry_exponential_backoff=True, execution_timeout=timedelta(minutes=10))
    def write_bulletin(release_id: int) -> str:
        from include.bulletin.write import write_after_switch

        return write_after_switch(load_settings(), release_id).file

    write_bulletin(rollback())


rollback_release()
