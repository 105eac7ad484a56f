"""The DAGs as Airflow reads them, and a stack with its services for tests that need a real scheduler."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from samples import environment

from include.demo import airflow_api, daily_run
from include.local import airflow, stack
from include.settings import PROJECT_DIR, Settings, load_settings

Dags = dict[str, Any]


@pytest.fixture(scope="module")
def read_dags(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Dags]]:
    """Read the DAGs of a folder; fails when one cannot be imported, or when there is none at all."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("airflow")
        patch.setenv("AIRFLOW_HOME", str(home))
        patch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{home}/unused.db")
        patch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
        from airflow.dag_processing.dagbag import DagBag

        def read(folder: Path) -> Dags:
            bag = DagBag(dag_folder=folder, bundle_path=folder, bundle_name="dags")
            assert bag.import_errors == {}
            assert bag.dags, f"{folder}: no DAG found"
            return dict(bag.dags)

        yield read


@pytest.fixture(scope="module")
def dags(read_dags: Callable[[Path], Dags]) -> Dags:
    """Every DAG of the project by id."""
    return read_dags(PROJECT_DIR / "dags")


@pytest.fixture
def at(
    new_warehouse: Callable[..., Settings], published: Settings, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """A published warehouse that the tasks find in their environment."""
    settings = new_warehouse(published)
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    settings.landing_dir.mkdir(parents=True, exist_ok=True)
    return settings


@pytest.fixture
def ask(dags: Dags) -> Callable[..., Any]:
    """Call a task of a DAG."""

    def call(dag_id: str, task_id: str, *values: Any) -> Any:
        return dags[dag_id].get_task(task_id).python_callable(*values)

    return call


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

    def log(self, dag_id: str, task_id: str, run_id: str | None = None) -> str:
        """The log of a task of a run, by default of the latest."""
        run = f"/api/v2/dags/{dag_id}/dagRuns/{run_id or self.newest(dag_id)}"
        return self.airflow.get(f"{run}/taskInstances/{task_id}/logs/1").text

    def releases_read(self) -> set[int]:
        """The releases that started a run of the reader, as it found them in the events."""
        found = set()
        for run in airflow_api.runs(self.airflow, "read_releases"):
            if run["state"] == "success":
                task = f"/api/v2/dags/read_releases/dagRuns/{run['dag_run_id']}/taskInstances/read"
                found |= set(self.airflow.get(f"{task}/xcomEntries/return_value").json()["value"])
        return found

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


def with_reader(folder: Path) -> Callable[[Settings], dict[str, str]]:
    """Airflow's variables with a second folder of DAGs, with the one that docs/engineers.md shows."""
    guide = (PROJECT_DIR / "docs" / "engineers.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    (folder / "read_releases.py").write_text(example, "utf-8")
    ours = airflow.environment
    bundles = [
        {"name": name, "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle", "kwargs": kwargs}
        for name, kwargs in (("dags-folder", {}), ("reader", {"path": str(folder)}))
    ]
    variable = {"AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(bundles)}
    return lambda settings: ours(settings) | variable


@pytest.fixture(scope="session")
def running_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole stack in its own folder; it is stopped at the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(airflow, "environment", with_reader(tmp_path_factory.mktemp("reader")))
        patch.setenv("TEXTILE_HOME", str(tmp_path_factory.mktemp("stack")))
        for name in ("TEXTILE_PG_PORT", "TEXTILE_AIRFLOW_PORT", "TEXTILE_LANDING", "TEXTILE_SECRETS_DIR"):
            patch.delenv(name, raising=False)
        try:
            stack.up(with_airflow=True)
            settings = load_settings()
            with daily_run.connect(settings) as client:
                airflow_api.wait_for_dags(client, {"read_releases"})
                yield Stack(settings, client)
        finally:
            stack.down()
