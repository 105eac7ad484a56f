"""The few calls to Airflow's REST API that the demo, the benchmark and the tests need."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from include.errors import SetupError, TextileError

FINAL = ("success", "failed")
_POLL_S = 0.5


def connect(url: str, password: str, user: str = "admin") -> httpx.Client:
    """A client that is logged in for a day, for a ``with`` block; SetupError when there is no login."""
    login = {"username": user, "password": password}
    try:
        # trust_env off, here and below: a proxy cannot reach our loopback.
        answer = httpx.post(f"{url}/auth/token", json=login, timeout=30, trust_env=False)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise SetupError(f"no login to Airflow at {url} ({error}): is it up? See `textile status`") from error
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False)


def dag_ids(client: httpx.Client) -> list[str]:
    """The ids of all DAGs that the scheduler knows."""
    return [dag["dag_id"] for dag in _call(client, "GET", "/dags", params={"limit": 100})["dags"]]


def import_errors(client: httpx.Client) -> dict[str, str]:
    """DAG files that cannot be imported, with the traceback."""
    found = _call(client, "GET", "/importErrors")["import_errors"]
    return {error["filename"]: error["stack_trace"] for error in found}


def wait_for_dags(client: httpx.Client, wanted: set[str], timeout_s: float = 60) -> None:
    """Wait until the scheduler knows these DAGs; TextileError with the import errors after the timeout."""
    end = time.monotonic() + timeout_s
    while missing := wanted - set(dag_ids(client)):
        if time.monotonic() > end:
            raise TextileError(
                f"Airflow does not know {sorted(missing)}; import errors: {import_errors(client)}"
            )
        time.sleep(_POLL_S)


def trigger(client: httpx.Client, dag_id: str, conf: Mapping[str, Any] | None = None) -> str:
    """Start a run now; returns its run id."""
    body = {"logical_date": None, "conf": dict(conf or {})}
    return str(_call(client, "POST", f"/dags/{dag_id}/dagRuns", json=body)["dag_run_id"])


def runs(client: httpx.Client, dag_id: str, limit: int = 20) -> list[dict[str, Any]]:
    """The latest runs as the API returns them (``dag_run_id``, ``state``, ``run_type`` ...), newest first."""
    params: dict[str, str | int] = {"limit": limit, "order_by": "-run_after"}
    found: list[dict[str, Any]] = _call(client, "GET", f"/dags/{dag_id}/dagRuns", params=params)["dag_runs"]
    return found


def run_state(client: httpx.Client, dag_id: str, run_id: str) -> str:
    """State of a run: ``queued``, ``running``, or one of FINAL."""
    return str(_call(client, "GET", f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}")["state"])


def wait(client: httpx.Client, dag_id: str, run_id: str, timeout_s: float = 600) -> str:
    """Wait until the run ends; returns ``success`` or ``failed``. TextileError after ``timeout_s``."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        state = run_state(client, dag_id, run_id)
        if state in FINAL:
            return state
        time.sleep(_POLL_S)
    raise TextileError(
        f"run {run_id} of {dag_id} is not over after {timeout_s:.0f} s: look at {client.base_url}"
    )


def task_states(client: httpx.Client, dag_id: str, run_id: str) -> dict[str, str | None]:
    """State by task id; a mapped task's id has its index, as ``load[3]``."""
    found = _call(
        client,
        "GET",
        f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}/taskInstances",
        params={"limit": 1000},
    )
    return {
        task["task_id"] + (f"[{task['map_index']}]" if task["map_index"] >= 0 else ""): task["state"]
        for task in found["task_instances"]
    }


def _call(client: httpx.Client, method: str, path: str, **request: Any) -> Any:
    answer = client.request(method, f"/api/v2{path}", **request)
    if answer.is_error:
        raise TextileError(f"Airflow answered {answer.status_code} to {method} {path}: {answer.text[:500]}")
    return answer.json()
