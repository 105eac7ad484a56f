"""Airflow's services on this machine: configuration, start, stop and health.

All configuration is in the environment; ``airflow.cfg`` is not used. Only the API server listens on a port.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import httpx
import psutil

from include.errors import SetupError
from include.local import processes
from include.local.secrets import AirflowSecrets, airflow_secrets, write_private
from include.settings import PROJECT_DIR, Settings

ADMIN_USER = "admin"
DATABASE = "airflow"
DATABASE_ROLE = "airflow"

# Health component -> arguments of `airflow`. The log servers of scheduler and triggerer are off: they listen
# on every interface; the API server reads the logs from the disk.
SERVICES: dict[str, list[str]] = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}


def airflow_home(settings: Settings) -> Path:
    """The folder of Airflow's logs and own files."""
    return settings.home / "airflow"


def run_dir(settings: Settings) -> Path:
    """The folder of the files with the pids of our services."""
    return settings.home / "run"


def log_file(settings: Settings, name: str) -> Path:
    """The log of a service; logs of tasks are below :func:`airflow_home`."""
    return settings.home / "logs" / f"{name}.log"


def passwords_file(settings: Settings) -> Path:
    """The file in which Airflow looks up the password of its only user."""
    return airflow_home(settings) / "passwords.json"


def url(settings: Settings) -> str:
    """The address of the web interface and API, without a slash at the end."""
    if settings.airflow_port is None:
        raise SetupError(
            "Airflow's port is not known: run `textile up --airflow`, or set TEXTILE_AIRFLOW_PORT"
        )
    return f"http://127.0.0.1:{settings.airflow_port}"


def environment(settings: Settings) -> dict[str, str]:
    """All variables that an Airflow service or an ``airflow`` command needs, secrets included."""
    secrets = airflow_secrets()
    home = airflow_home(settings)
    connection = metadata_url(settings, secrets)
    options = {
        "core": {
            "dags_folder": str(PROJECT_DIR / "dags"),
            "plugins_folder": str(home / "plugins"),
            "load_examples": "False",
            "executor": "LocalExecutor",
            "parallelism": "4",
            "default_timezone": "Asia/Shanghai",
            "dags_are_paused_at_creation": "False",
            "fernet_key": secrets.fernet_key.get_secret_value(),
            "execution_api_server_url": f"{url(settings)}/execution/",
            "auth_manager": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
            "simple_auth_manager_users": f"{ADMIN_USER}:admin",
            "simple_auth_manager_passwords_file": str(passwords_file(settings)),
            # The default queries DNS, which takes seconds without a DNS server.
            "hostname_callable": "socket.gethostname",
        },
        "database": {"sql_alchemy_conn": connection, "sql_alchemy_conn_async": connection},
        "logging": {
            "base_log_folder": str(home / "logs"),
            "dag_processor_child_process_log_directory": str(home / "logs" / "dag_processor"),
            "colored_console_log": "False",
        },
        "api": {
            "host": "127.0.0.1",
            "port": str(settings.airflow_port),
            "base_url": url(settings),
            "workers": "1",
            "secret_key": secrets.api_secret.get_secret_value(),
        },
        "api_auth": {"jwt_secret": secrets.jwt_secret.get_secret_value()},
        "scheduler": {
            "scheduler_heartbeat_sec": "1",
            "scheduler_idle_sleep_time": "0.5",
            # Run a task again one minute after its process or scheduler was killed, not five.
            "task_instance_heartbeat_timeout": "60",
            "orphaned_tasks_check_interval": "30",
        },
        "dag_processor": {
            "dag_bundle_storage_path": str(home / "bundles"),
            "refresh_interval": "30",
        },
    }
    variables = {
        f"AIRFLOW__{section.upper()}__{option.upper()}": value
        for section, entries in options.items()
        for option, value in entries.items()
    }
    return variables | {
        "AIRFLOW_HOME": str(home),
        "TEXTILE_HOME": str(settings.home),
        "PYTHONPATH": str(PROJECT_DIR),
        # Tasks reach the API server on loopback, not through a proxy.
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
    }


def metadata_url(settings: Settings, secrets: AirflowSecrets) -> str:
    """SQLAlchemy's address of Airflow's metadata database."""
    # Generated passwords need no escaping in an address.
    password = secrets.db_password.get_secret_value()
    return f"postgresql+psycopg://{DATABASE_ROLE}:{password}@{settings.pg_host}:{settings.pg_port}/{DATABASE}"


def write_passwords_file(settings: Settings) -> None:
    """Write the password of Airflow's only user to its file."""
    path = passwords_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, json.dumps({ADMIN_USER: airflow_secrets().admin_password.get_secret_value()}))


def command_environment(settings: Settings) -> dict[str, str]:
    """This process's environment without another Airflow's variables, plus :func:`environment`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    return own | environment(settings)


def migrate(settings: Settings) -> None:
    """Migrate the metadata database to this Airflow's schema."""
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        env=command_environment(settings),
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SetupError(f"`airflow db migrate` failed:\n{(done.stdout + done.stderr)[-3000:]}")


def start(settings: Settings, names: Iterable[str] = SERVICES) -> None:
    """Start services that are not running; :func:`health` reports when they are ready."""
    write_passwords_file(settings)
    variables = command_environment(settings)
    for name in names:
        # Stop processes that a crashed service left running.
        processes.stop(run_dir(settings), name)
        command = [sys.executable, "-m", "airflow", *SERVICES[name]]
        log = log_file(settings, name)
        processes.start(run_dir(settings), name, command, env=variables, cwd=PROJECT_DIR, log=log)


def stop(settings: Settings, names: Iterable[str] = SERVICES) -> None:
    """Stop services at the same time; running tasks stop with the scheduler."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: processes.stop(run_dir(settings), name, timeout_s=10), names))


def find(settings: Settings, name: str) -> psutil.Process | None:
    """The running service of that name, if there is one."""
    return processes.find(run_dir(settings), name)


def health(settings: Settings, since: datetime | None = None) -> dict[str, str]:
    """State by service as Airflow reports it: ``healthy``, ``unhealthy``, or ``unknown`` without an answer.

    Airflow accepts a heartbeat for half a minute, also of a killed service: with ``since`` (with time zone)
    only later heartbeats count.
    """
    states = dict.fromkeys(SERVICES, "unknown")
    try:
        answer = httpx.get(f"{url(settings)}/api/v2/monitor/health", timeout=5, trust_env=False)
        answer.raise_for_status()
    except httpx.HTTPError:
        return states
    report = answer.json()
    states["api-server"] = report["metadatabase"]["status"]
    for name in SERVICES:
        key = name.replace("-", "_")
        component = report.get(key)
        beat = component and component.get(f"latest_{key}_heartbeat")
        if beat and (since is None or datetime.fromisoformat(beat) >= since):
            states[name] = component["status"]
    return states
