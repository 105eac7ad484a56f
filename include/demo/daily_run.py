"""A daily run on request (demo, benchmark, tests): run all ingest DAGs, wait for the release."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from include.demo import airflow_api
from include.errors import TextileError
from include.local import airflow
from include.local.secrets import airflow_secrets
from include.release import current_release
from include.settings import Settings
from include.sources.contract import sources

log = logging.getLogger(__name__)

DAG_IDS = {*(f"ingest_{source}" for source in sources()), "build_marts", "maintain_warehouse"}
_POLL_S = 0.5


@contextmanager
def connect(settings: Settings) -> Iterator[httpx.Client]:
    """A logged-in client, once the scheduler knows all our DAGs."""
    password = airflow_secrets().admin_password.get_secret_value()
    with airflow_api.connect(airflow.url(settings), password, airflow.ADMIN_USER) as client:
        airflow_api.wait_for_dags(client, DAG_IDS)
        yield client


def run(client: httpx.Client, settings: Settings, timeout_s: float = 900) -> dict[str, str]:
    """Trigger the ingest DAGs and wait until their loads are published; returns their states by source.

    Logs the states of tasks. TextileError when it takes longer than ``timeout_s``, or when build_marts fails.
    """
    begin = time.monotonic()
    triggered = {f"ingest_{source}": airflow_api.trigger(client, f"ingest_{source}") for source in sources()}
    earlier = {run["dag_run_id"] for run in airflow_api.runs(client, "build_marts")}
    reported: dict[tuple[str, str], str | None] = {}
    while time.monotonic() < begin + timeout_s:
        states = {dag: airflow_api.run_state(client, dag, run_id) for dag, run_id in triggered.items()}
        builds = [r for r in airflow_api.runs(client, "build_marts") if r["dag_run_id"] not in earlier]
        if log.isEnabledFor(logging.INFO):
            watched = [*triggered.items(), *(("build_marts", r["dag_run_id"]) for r in reversed(builds))]
            for line in _state_changes(client, watched, reported):
                log.info("%4.0f s  %s", time.monotonic() - begin, line)
        if {*states.values(), *(r["state"] for r in builds)} <= set(airflow_api.FINAL):
            if current_release.is_up_to_date(settings):
                return {dag.removeprefix("ingest_"): state for dag, state in states.items()}
            if builds and builds[0]["state"] == "failed":
                raise TextileError(
                    f"run {builds[0]['dag_run_id']} of build_marts failed: see its log at {client.base_url}"
                )
        time.sleep(_POLL_S)
    raise TextileError(f"no release has all accepted loads after {timeout_s:.0f} s: see {client.base_url}")


def _state_changes(
    client: httpx.Client, watched: list[tuple[str, str]], reported: dict[tuple[str, str], str | None]
) -> Iterator[str]:
    """Tasks that have started or ended since the last call; ``reported`` is updated."""
    for dag_id, run_id in watched:
        for task, state in airflow_api.task_states(client, dag_id, run_id).items():
            if (
                state in ("running", "skipped", *airflow_api.FINAL)
                and reported.get((run_id, dag_id + task)) != state
            ):
                reported[run_id, dag_id + task] = state
                yield f"{dag_id}: {task} {state}"
