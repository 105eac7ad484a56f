"""A daily run on request (demo, benchmark, tests): ingest everything, wait for the release."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from include import release
from include.errors import TextileError
from include.local import airflow, airflow_api
from include.local.secrets import airflow_secrets
from include.settings import Settings
from include.sources.contract import sources

DAG_IDS = {*(f"ingest_{source}" for source in sources()), "build_marts", "maintain_warehouse"}
_POLL_S = 0.5


@contextmanager
def connect(settings: Settings) -> Iterator[httpx.Client]:
    """A logged-in client, once the scheduler knows all our DAGs."""
    password = airflow_secrets().admin_password.get_secret_value()
    with airflow_api.connect(airflow.url(settings), password, airflow.ADMIN_USER) as client:
        airflow_api.wait_for_dags(client, DAG_IDS)
        yield client


def run(
    client: httpx.Client,
    settings: Settings,
    timeout_s: float = 900,
    ingested: Callable[[str, str], None] = lambda source, state: None,
) -> dict[str, str]:
    """Trigger the ingest DAGs and wait until what they accepted is published; returns their states by source.

    ``ingested`` is told each source and state as its run ends. Raises TextileError when it takes longer than
    ``timeout_s`` or the release does not come.
    """
    end = time.monotonic() + timeout_s
    begun = {source: airflow_api.trigger(client, f"ingest_{source}") for source in sources()}
    states: dict[str, str] = {}
    for source, run_id in begun.items():
        states[source] = airflow_api.wait(client, f"ingest_{source}", run_id, end - time.monotonic())
        ingested(source, states[source])
    wait_until_published(client, settings, end - time.monotonic())
    return states


def wait_until_published(client: httpx.Client, settings: Settings, timeout_s: float) -> None:
    """Return when a release has every accepted load and build_marts rests; raises when it failed instead."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        runs = airflow_api.runs(client, "build_marts")
        if all(run["state"] in ("success", "failed") for run in runs):
            if release.is_up_to_date(settings):
                return
            if runs and runs[0]["state"] == "failed":
                raise TextileError(
                    f"run {runs[0]['dag_run_id']} of build_marts failed: see its log at {client.base_url}"
                )
        time.sleep(_POLL_S)
    raise TextileError(
        f"no release has all accepted loads after {timeout_s:.0f} s: look at {client.base_url}"
    )
