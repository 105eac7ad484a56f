"""The commands of docs/backup.md are run unchanged: back up, restore, load the waiting file, publish."""

import datetime as dt
import difflib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from samples import items, load, one, order, orders, write

from include.local import ports, postgres, secrets, stack
from include.maintenance import nightly_check
from include.release import entered_rates, publishing
from include.settings import PROJECT_DIR, Role, load_settings

pytestmark = pytest.mark.heavy

PAGE = PROJECT_DIR / "docs" / "backup.md"
DATABASES = {"textile", "airflow", "superset"}
WAITING = "landing/enterprise_orders/waiting.csv"
ALSO_WAITING = "landing/enterprise_orders/also_waiting.csv"


@dataclass(frozen=True)
class Backups:
    """Backups of one warehouse by the lines of the page, and what they must bring back."""

    home: Path
    folder: Path
    contents: list[str]


def lines(section: str, number: int) -> str:
    """A section's first block, which says where things are, and block ``number``: 1 backup, 2 restore."""
    (text,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    return f"{blocks[0]}{blocks[number]}"


def run(script: str, backup: Path, cwd: Path = PROJECT_DIR, **variables: str) -> None:
    """Run lines of the page with a folder for the backup; no process may get the password as an argument."""
    assert "/mnt/backup/textile/2026-12-01" in script
    script = script.replace("/mnt/backup/textile/2026-12-01", str(backup))
    script = script.replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    done = subprocess.run(
        ["/bin/sh", "-xc", script],
        cwd=cwd,
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    traced = [line for line in done.stderr.splitlines() if line.startswith("+")]
    assert any("pg_" in line for line in traced)
    for line in traced:
        command = re.sub(r"^\++ (\w+=\S*( |$))*", "", line)  # without what is put into the environment
        assert load_settings().password(Role.ADMIN) not in command


def contents() -> list[str]:
    """All that PostgreSQL would dump of the warehouse, its roles too: definitions, owners, grants, rows."""
    admin = load_settings().dsn(Role.ADMIN)
    dumped: list[str] = []
    for words in (["pg_dump", "--create"], ["pg_dumpall", "--roles-only", "--no-role-passwords"]):
        command = [postgres.program(words[0]), *words[1:], f"--dbname={admin}"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        # pg_dump writes another random key each time.
        dumped += [line for line in done.stdout.splitlines() if not re.match(r"\\(un)?restrict ", line)]
    return dumped


@pytest.fixture(scope="module")
def environment() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("TEXTILE_")]:
            patch.delenv(name)
        yield patch


@pytest.fixture(scope="module")
def backups(environment: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backups]:
    folder = tmp_path_factory.mktemp("backups")
    home = folder / "home"
    environment.setenv("TEXTILE_HOME", str(home))
    stack.up(with_airflow=False)
    try:
        settings = load_settings()
        rejected = order(订单号="SO-3", 行号="0")
        load(settings, "enterprise_orders", write(folder / "a.csv", [*orders(12), rejected]))
        load(settings, "customs_exports", write(folder / "b.csv", items(4)))
        month = dt.date(2005, 3, 1)  # before those of the seed
        entered_rates.enter(settings, month, "USD", Decimal("8.2765"), today=month)
        assert publishing.publish(settings).status == "published"
        unbuilt, waiting = (order(订单号=number, 订单日期="2020-08-01") for number in ("SO-8", "SO-9"))
        load(settings, "enterprise_orders", write(folder / "c.csv", [unbuilt]))
        for name in (WAITING, ALSO_WAITING):
            write(home / name, [waiting])
        run(lines("On this machine", 1), folder / "local")
        with_stand_in(lines("On a server with Docker", 1), folder, state_of(home, folder / "state"))
        yield Backups(home, folder, contents())
    finally:
        environment.setenv("TEXTILE_HOME", str(home))
        stack.down()


def state_of(home: Path, folder: Path) -> Path:
    """What the volume `state` has of a home: neither the server nor the secrets."""
    shutil.copytree(home, folder, ignore=shutil.ignore_patterns("postgres", "secrets", "stack.*"))
    return folder


def with_stand_in(script: str, folder: Path, state: Path) -> None:
    """Run lines for a server, with the stand-in as `docker` and a project folder that has an `.env`."""
    settings = load_settings()
    project = folder / "project"
    (project / "bin").mkdir(parents=True, exist_ok=True)
    docker = project / "bin" / "docker"
    docker.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.docs.compose_stand_in "$@"\n')
    docker.chmod(0o755)
    (project / ".env").write_text(f"TEXTILE_HOST_SECRETS={secrets.secrets_dir()}\n")
    run(
        script,
        folder / "server",
        cwd=project,
        PATH=f"{docker.parent}:{os.environ['PATH']}",
        PYTHONPATH=str(PROJECT_DIR),
        PGPORT=str(settings.pg_port),
        TEXTILE_PG_PORT=str(settings.pg_port),
        TEXTILE_AIRFLOW_PORT="8080",
        TEXTILE_SECRETS_DIR=str(secrets.secrets_dir()),
        TEXTILE_HOME=str(state),
    )


def require_whole_and_alive(backups: Backups) -> None:
    """Everything is restored, every role can connect, and the waiting file can be loaded."""
    assert list(difflib.unified_diff(backups.contents, contents(), n=0, lineterm="")) == []
    settings = load_settings()
    assert one(settings, "select count(*) from ops.quarantine") == 1
    assert {path.name.split("_")[-1] for path in settings.home.glob("archive/*/accepted/*")} == {
        "a.csv",
        "b.csv",
        "c.csv",
    }
    for role in Role:
        psycopg.connect(settings.dsn(role)).close()
    (result,) = load(settings, "enterprise_orders", settings.home / ALSO_WAITING)
    assert (result.status, result.accepted) == ("accepted", 1)
    assert nightly_check.check(settings) > 0


def test_backup_and_restore_on_this_machine(backups: Backups) -> None:
    assert {path.name for path in (backups.folder / "local").iterdir()} == {
        "files.tar.gz",
        *(f"{database}.dump" for database in DATABASES),
    }
    server = postgres.find(backups.home / "postgres")
    run(lines("On this machine", 2), backups.folder / "local")
    assert server != postgres.find(backups.home / "postgres")
    require_whole_and_alive(backups)
    # On the server the rows, rights and roles are the same: one publish is enough.
    settings = load_settings()
    result = publishing.publish(settings)
    assert (result.status, result.release_id) == ("published", 2), result
    assert one(settings, "select loads from ops.release where release_id = 2") == 4
    assert nightly_check.check(settings) > 0


def test_backup_and_restore_on_a_server(
    backups: Backups, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With a stand-in for the engine: the commands of the containers run here, on a new server."""
    kept = {path.name for path in (backups.folder / "server").iterdir()}
    assert kept == {"files.tar.gz", ".env", "secrets", *(f"{database}.dump" for database in DATABASES)}
    cluster, port, state = tmp_path / "cluster", ports.choose(), tmp_path / "state"
    newer = write(state / WAITING, [order(订单号="SO-10")]).read_bytes()  # the folder is the host's
    environment.setenv("TEXTILE_HOME", str(state))
    environment.setenv("TEXTILE_PG_PORT", str(port))
    environment.setenv("TEXTILE_SECRETS_DIR", str(backups.folder / "server" / "secrets"))
    postgres.start(cluster, port, load_settings().password(Role.ADMIN), postgres.TEMPORARY)
    try:
        with_stand_in(lines("On a server with Docker", 2), backups.folder, state)
        assert (state / WAITING).read_bytes() == newer
        require_whole_and_alive(backups)
    finally:
        for name in ("TEXTILE_PG_PORT", "TEXTILE_SECRETS_DIR"):
            environment.delenv(name)
        environment.setenv("TEXTILE_HOME", str(backups.home))
        postgres.stop(cluster)
