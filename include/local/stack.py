"""Start and stop the local stack: PostgreSQL and, if requested, Airflow and Superset."""

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from include.dashboard import provision
from include.errors import SetupError
from include.local import airflow, databases, ports, postgres, secrets, signals, superset
from include.release import reference_due
from include.settings import Role, Settings, home_dir, load_settings
from include.warehouse.connection import connect

log = logging.getLogger(__name__)

_AIRFLOW_TIMEOUT_S = 180
_SUPERSET_TIMEOUT_S = 120
_PORT_ATTEMPTS = 3


@dataclass(frozen=True)
class Service:
    """One line of ``textile status``. ``state`` is healthy, unhealthy, starting or stopped."""

    name: str
    state: str
    pid: int | None
    port: int | None
    url: str | None


def up(*, with_airflow: bool, with_bi: bool = False) -> list[Service]:
    """Start services that do not run and wait until they are healthy. Raises SetupError.

    When it fails or is interrupted (Ctrl-C, SIGTERM), the services that this call started are stopped again.
    A second call at the same time waits.
    """
    home = _prepare_home()
    with _exclusive(home), signals.raise_on_end():
        if _cluster(home).exists() and not (secrets.secrets_dir() / "textile_postgres_password").exists():
            raise SetupError(
                f"{secrets.secrets_dir()} lacks the password of the data in {_cluster(home)}; "
                "put the secrets back, or delete both folders to start again"
            )
        secrets.generate_missing(secrets.secrets_dir())
        started_server = False
        try:
            started_server = _start_server(home)
            settings = load_settings()
            settings.landing_dir.mkdir(parents=True, exist_ok=True)
            databases.prepare(
                settings,
                secrets.airflow_secrets().db_password.get_secret_value(),
                secrets.superset_secret("db_password"),
            )
            if with_airflow:
                _start_airflow(home)
            if with_bi:
                _start_superset(home)
        except BaseException:
            if started_server:
                # The others need it.
                airflow.stop(load_settings())
                superset.stop(load_settings())
                postgres.stop(_cluster(home))
            raise
    return status()


def down() -> None:
    """Stop all services; the data stays. Idempotent."""
    home = home_dir()
    if not home.is_dir():
        return
    with _exclusive(_prepare_home()):
        settings = load_settings()
        running = [service.name for service in status() if service.pid]
        if running:
            log.info("stopping %s", ", ".join(running))
        airflow.stop(settings)
        superset.stop(settings)
        postgres.stop(_cluster(home))


def status() -> list[Service]:
    """Every service of the stack with its state; also before the first start."""
    settings = load_settings()
    server = postgres.find(_cluster(settings.home))
    state = "stopped"
    if server:
        state = "healthy" if _answers(settings) else "unhealthy"
    services = [
        Service("postgres", state, server.pid if server else None, settings.pg_port if server else None, None)
    ]
    found = {name: airflow.find(settings, name) for name in airflow.SERVICES}
    states = airflow.health(settings) if any(found.values()) else {}
    for name, process in found.items():
        listens = process and name == "api-server"
        services.append(
            Service(
                name,
                {"unknown": "starting"}.get(states[name], states[name]) if process else "stopped",
                process.pid if process else None,
                settings.airflow_port if listens else None,
                airflow.url(settings) if listens else None,
            )
        )
    if web := superset.find(settings):
        state = "healthy" if superset.is_healthy(settings) else "starting"
        services.append(
            Service(superset.NAME, state, web.pid, settings.superset_port, superset.url(settings))
        )
    else:
        services.append(Service(superset.NAME, "stopped", None, None, None))
    return services


def reference_warnings() -> list[str]:
    """Warnings of rates and calendars that run out; from the seeds only while PostgreSQL does not answer."""
    settings = load_settings()
    if not _answers(settings):
        return reference_due.warnings(None)
    with connect(settings, Role.PUBLISHER) as connection:
        return reference_due.warnings(connection)


def _cluster(home: Path) -> Path:
    return home / "postgres"


def _prepare_home() -> Path:
    """Create the home for its owner only: it contains delivered files and figures that the marts hide."""
    home = home_dir()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            f"cannot create {home}: {error.strerror}; set TEXTILE_HOME to another folder"
        ) from None
    try:
        home.chmod(0o700)
    except PermissionError:
        raise SetupError(
            f"{home} belongs to another user (root ran here before?): give it to yourself with "
            f"`sudo chown -R $(id -un) '{home}'`, or set TEXTILE_HOME to another folder"
        ) from None
    return home


@contextmanager
def _exclusive(home: Path) -> Iterator[None]:
    with (home / "stack.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("another `textile up` or `down` is at work here; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start_server(home: Path) -> bool:
    """Start PostgreSQL unless it answers; returns whether it was started."""
    cluster = _cluster(home)
    settings = load_settings()
    if postgres.find(cluster):
        if _answers(settings):
            return False
        log.info("PostgreSQL does not answer: restarting it")
        postgres.stop(cluster)
    # Services do not reconnect to a restarted database, and its port may change.
    airflow.stop(settings)
    superset.stop(settings)
    begin = time.monotonic()
    log.info("PostgreSQL: starting" if (cluster / "data").exists() else "PostgreSQL: creating a new server")
    for attempt in range(_PORT_ATTEMPTS):
        port = ports.keep_or_choose(home, "TEXTILE_PG_PORT", settings.pg_port)
        try:
            postgres.start(cluster, port, settings.password(Role.ADMIN))
            break
        except SetupError:
            # Another stack may have chosen the same port.
            if ports.is_free(port) or attempt == _PORT_ATTEMPTS - 1:
                raise
    log.info("PostgreSQL: ready on port %s after %.1f s", port, time.monotonic() - begin)
    return True


def _start_airflow(home: Path) -> None:
    settings = load_settings()
    missing = [name for name in airflow.SERVICES if airflow.find(settings, name) is None]
    if not missing and set(airflow.health(settings).values()) == {"healthy"}:
        return
    begin = time.monotonic()
    if "api-server" in missing:
        port = ports.keep_or_choose(home, "TEXTILE_AIRFLOW_PORT", settings.airflow_port)
        if port != settings.airflow_port:
            # The other services use the API server's old address.
            airflow.stop(settings)
            missing = list(airflow.SERVICES)
            settings = load_settings()
    log.info("Airflow: preparing its database")
    airflow.migrate(settings)
    since = datetime.now(UTC)
    log.info("Airflow: starting %s", ", ".join(missing) or "nothing, waiting for what runs")
    try:
        airflow.start(settings, missing)
        _wait_until_healthy(settings, since, begin)
    except BaseException:
        airflow.stop(settings, missing)
        raise


def _start_superset(home: Path) -> None:
    settings = load_settings()
    begin = time.monotonic()
    runs = superset.find(settings) and not superset.is_outdated(settings) and superset.is_healthy(settings)
    try:
        if not runs:
            superset.stop(settings)
            ports.keep_or_choose(home, "TEXTILE_SUPERSET_PORT", settings.superset_port)
            settings = load_settings()
            log.info("Superset: preparing its database")
            superset.prepare(settings)
            log.info("Superset: starting")
            superset.start(settings)
            _wait_for_superset(settings)
            log.info("Superset: healthy after %.0f s", time.monotonic() - begin)
        address = provision.provision(
            settings, superset.url(settings), secrets.superset_secret("admin_password")
        )
    except BaseException:
        if not runs:
            superset.stop(settings)
        raise
    if not provision.has_release(settings):
        log.info("Superset: nothing is published yet, so every chart is an error; run `textile publish`")
    log.info(
        "Superset: %s (user %s, password in %s)", address, provision.ADMIN_USER, superset.password_file()
    )


def _wait_for_superset(settings: Settings) -> None:
    end = time.monotonic() + _SUPERSET_TIMEOUT_S
    while not superset.is_healthy(settings):
        if superset.find(settings) is None or time.monotonic() > end:
            raise SetupError(f"Superset does not come up; {_log_end(superset.log_file(settings))}")
        time.sleep(0.5)


def _wait_until_healthy(settings: Settings, since: datetime, begin: float) -> None:
    waiting = set(airflow.SERVICES)
    while waiting:
        if ended := [name for name in airflow.SERVICES if airflow.find(settings, name) is None]:
            end = _log_end(airflow.log_file(settings, ended[0]))
            raise SetupError(f"Airflow's {ended[0]} ended by itself; {end}")
        if time.monotonic() - begin > _AIRFLOW_TIMEOUT_S:
            name = min(waiting)
            raise SetupError(
                f"Airflow is not healthy after {_AIRFLOW_TIMEOUT_S} s, waiting for "
                f"{', '.join(sorted(waiting))}; {_log_end(airflow.log_file(settings, name))}"
            )
        time.sleep(0.5)
        states = airflow.health(settings, since)
        for name in sorted(name for name in waiting if states[name] == "healthy"):
            waiting.remove(name)
            log.info("Airflow: %s healthy after %.0f s", name, time.monotonic() - begin)
    password = airflow.passwords_file(settings)
    log.info("Airflow: %s (user %s, password in %s)", airflow.url(settings), airflow.ADMIN_USER, password)


def _log_end(file: Path) -> str:
    lines = file.read_text(errors="replace").splitlines()[-15:] if file.exists() else []
    return f"the end of {file}:\n" + "\n".join(lines)


def _answers(settings: Settings) -> bool:
    try:
        psycopg.connect(settings.dsn(Role.ADMIN), dbname="postgres", connect_timeout=5).close()
    except (psycopg.OperationalError, SetupError):
        return False
    return True
