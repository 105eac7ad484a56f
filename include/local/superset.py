"""Superset on this machine: environment, start, stop and health.

It has its own Python (``.venv-superset``, made by ``scripts/setup_venv.sh``), because it needs another
SQLAlchemy than Airflow, and its own database on the warehouse's server.
"""

import os
import subprocess
from pathlib import Path

import httpx
import psutil

from include.errors import SetupError
from include.local import processes
from include.local.secrets import secrets_dir
from include.settings import PROJECT_DIR, Settings, load_settings

NAME = "superset"
DATABASE = "superset"
DATABASE_ROLE = "superset"
PYTHON = PROJECT_DIR / ".venv-superset" / "bin" / "python"
_CODE = PROJECT_DIR / "include" / "dashboard"
_PREPARE_TIMEOUT_S = 300


def run_dir(settings: Settings) -> Path:
    """The folder of the file with its pid."""
    return settings.home / "run"


def log_file(settings: Settings) -> Path:
    """The web server's log."""
    return settings.home / "logs" / f"{NAME}.log"


def password_file() -> Path:
    """The file with the password of the only user, ``admin``."""
    return secrets_dir() / "textile_superset_admin_password"


def url(settings: Settings) -> str:
    """The address of the web interface and API, without a slash at the end."""
    if settings.superset_port is None:
        raise SetupError("Superset's port is not known: run `make bi`, or set TEXTILE_SUPERSET_PORT")
    return f"http://{settings.superset_host}:{settings.superset_port}"


def environment(settings: Settings) -> dict[str, str]:
    """This process's environment with Superset's variables.

    Without variables for another Superset, Flask or libpq, and without the passwords of the warehouse's
    roles.
    """
    foreign = ("SUPERSET", "FLASK", "PYTHONPATH", "PG")
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(foreign) and not (name.startswith("TEXTILE_") and name.endswith("_PASSWORD"))
    }
    return own | {
        "SUPERSET_CONFIG_PATH": str(_CODE / "superset_config.py"),
        "SUPERSET_HOME": str(settings.home / "superset"),
        "TEXTILE_PG_HOST": settings.pg_host,
        "TEXTILE_PG_PORT": str(settings.pg_port),
        "TEXTILE_SECRETS_DIR": str(secrets_dir()),
        "SCARF_ANALYTICS": "false",
        "DO_NOT_TRACK": "1",
    }


def prepare(settings: Settings) -> None:
    """Upgrade Superset's database, and create its roles and admin if they are missing."""
    if not PYTHON.exists():
        raise SetupError(f"Superset is not installed ({PYTHON} is missing): run `make bi`")
    (settings.home / "superset").mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            [PYTHON, _CODE / "superset_prepare.py"],
            env=environment(settings),
            cwd=settings.home / "superset",
            capture_output=True,
            text=True,
            check=False,
            timeout=_PREPARE_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise SetupError(
            f"Superset's database is not prepared after {_PREPARE_TIMEOUT_S} s: if the machine is busy, "
            "run `make bi` again; if not, `make down` first"
        ) from None
    if done.returncode:
        raise SetupError(f"Superset's database cannot be prepared:\n{(done.stdout + done.stderr)[-3000:]}")


def start(settings: Settings) -> None:
    """Start the web server, by default on loopback; :func:`is_healthy` reports when it is ready."""
    processes.stop(run_dir(settings), NAME)
    # One process: PostgreSQL does the work, and each further process takes 400 MB.
    options = "--workers 1 --worker-class gthread --threads 8 --timeout 120"
    listens = f"{settings.superset_host}:{settings.superset_port}"
    processes.start(
        run_dir(settings),
        NAME,
        [PYTHON, "-m", "gunicorn", *options.split(), "--bind", listens, "superset.app:create_app()"],
        env=environment(settings),
        cwd=settings.home / "superset",
        log=log_file(settings),
    )


def stop(settings: Settings) -> None:
    """Stop the web server. Idempotent."""
    processes.stop(run_dir(settings), NAME, timeout_s=10)


def find(settings: Settings) -> psutil.Process | None:
    """The running web server, if there is one."""
    return processes.find(run_dir(settings), NAME)


def is_outdated(settings: Settings) -> bool:
    """Whether packages, configuration or secrets have changed since the web server started."""
    read_at_start = [
        PYTHON.parent.parent / "packages.mark",
        _CODE / "superset_config.py",
        *secrets_dir().glob("textile_superset_*"),
    ]
    process = find(settings)
    return process is not None and any(
        not path.exists() or path.stat().st_mtime > process.create_time() for path in read_at_start
    )


def is_healthy(settings: Settings) -> bool:
    """Whether the login page is served; ``/health`` answers even when other pages fail."""
    try:
        answer = httpx.get(f"{url(settings)}/login/", timeout=30, trust_env=False)
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK


if __name__ == "__main__":
    # scripts/setup_venv.sh runs this before it replaces the packages.
    stop(load_settings())
