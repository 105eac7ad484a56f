"""How long each DAG file takes to import, in a process that has Airflow, as the dag-processor does."""

import subprocess
import sys

from bench.timing import Results, Run, median
from include.settings import PROJECT_DIR

_SCRIPT = """
import sys, time
begin = time.perf_counter()
from airflow.sdk import DAG, Asset, AssetAny, CronTriggerTimetable, dag, task
print(time.perf_counter() - begin)
import runpy
begin = time.perf_counter()
runpy.run_path(sys.argv[1])
print(time.perf_counter() - begin)
"""


def measure(run: Run) -> Results:
    """Seconds by DAG file, and of Airflow itself for comparison; each in a fresh process."""
    files: dict[str, float] = {}
    airflow: list[float] = []
    for path in sorted((PROJECT_DIR / "dags").glob("*.py")):
        runs = [_import(str(path)) for _ in range(run.rounds)]
        airflow += [run[0] for run in runs]
        files[path.name] = median([run[1] for run in runs])
    return {"files": files, "slowest_s": max(files.values()), "airflow_itself_s": median(airflow)}


def _import(path: str) -> tuple[float, float]:
    command = [sys.executable, "-c", _SCRIPT, path]
    done = subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True, check=True)
    own, file = done.stdout.split()[-2:]
    return float(own), float(file)
