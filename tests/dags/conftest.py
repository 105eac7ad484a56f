"""A stack with Airflow's services, once for all tests that need a real scheduler."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from include.local import airflow_api, daily_run, stack
from include.settings import Settings, load_settings


@dataclass(frozen=True)
class Stack:
    """A running stack and a client that is logged in to its Airflow."""

    settings: Settings
    airflow: httpx.Client

    def run_daily(self) -> dict[str, str]:
        """One daily run of everything; states by source."""
        return daily_run.run(self.airflow, self.settings, timeout_s=200)

    def newest(self, dag_id: str) -> str:
        """Run id of the latest run."""
        return str(airflow_api.runs(self.airflow, dag_id)[0]["dag_run_id"])

    def tasks(self, dag_id: str, run_id: str | None = None) -> dict[str, str | None]:
        """States of the tasks of a run, by default of the latest."""
        return airflow_api.task_states(self.airflow, dag_id, run_id or self.newest(dag_id))

    def rerun(self, dag_id: str, run_id: str, from_task: str) -> str:
        """Clear a run from a task on, as a person would on the web page; returns how it ends."""
        body = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": [from_task],
            "include_downstream": True,
            "only_failed": False,
            "reset_dag_runs": True,
        }
        answer = self.airflow.post(f"/api/v2/dags/{dag_id}/clearTaskInstances", json=body)
        assert answer.is_success, answer.text
        return airflow_api.wait(self.airflow, dag_id, run_id, timeout_s=120)


@pytest.fixture(scope="session")
def running_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole stack in a folder of its own; nothing of it is left running."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEXTILE_HOME", str(tmp_path_factory.mktemp("stack")))
        for name in ("TEXTILE_PG_PORT", "TEXTILE_AIRFLOW_PORT", "TEXTILE_LANDING", "TEXTILE_SECRETS_DIR"):
            patch.delenv(name, raising=False)
        try:
            stack.up(with_airflow=True, say=print)
            settings = load_settings()
            with daily_run.connect(settings) as client:
                yield Stack(settings, client)
        finally:
            stack.down(say=print)
