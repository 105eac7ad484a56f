import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from include.errors import SetupError
from include.local import stack
from include.settings import Role, load_settings

pytestmark = pytest.mark.heavy

UP = (
    "from include.cli.console import log_to_stderr; from include.local import stack;"
    " log_to_stderr(); stack.up(with_airflow=False)"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in [name for name in os.environ if name.startswith("TEXTILE_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("TEXTILE_HOME", str(folder))
    yield folder
    monkeypatch.setenv("TEXTILE_HOME", str(folder))
    stack.down()


def up() -> stack.Service:
    return stack.up(with_airflow=False)[0]


def left_of(home: Path) -> list[psutil.Process]:
    """Processes that work in this home or were started with a path in it."""
    found = []
    for process in psutil.process_iter(["cwd", "cmdline", "status"]):
        words = [process.info["cwd"] or "", *(process.info["cmdline"] or [])]
        if process.info["status"] != psutil.STATUS_ZOMBIE and any(str(home) in word for word in words):
            found.append(process)
    return found


def test_up_twice_is_up_once_and_down_leaves_nothing(home: Path) -> None:
    assert {service.state for service in stack.status()} == {"stopped"}
    first = up()
    assert first.state == "healthy"
    assert up() == first
    with psycopg.connect(load_settings().dsn(Role.ANALYST)) as connection:
        assert connection.info.dbname == "textile"
    stack.down()
    assert left_of(home) == []
    stack.down()
    again = up()
    assert (again.port, again.pid != first.pid) == (first.port, True)


def test_two_stacks_side_by_side(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = up()
    monkeypatch.setenv("TEXTILE_HOME", str(tmp_path / "other"))
    try:
        second = up()
        assert second.port != first.port
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(load_settings().dsn(Role.LOADER), port=first.port)
    finally:
        stack.down()
    monkeypatch.setenv("TEXTILE_HOME", str(home))
    assert stack.status()[0] == first


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_up_leaves_nothing_running_and_can_be_repeated(home: Path, which: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", UP], stderr=subprocess.PIPE) as child:
        assert child.stderr
        child.stderr.readline()  # "creating a new server": initdb is at work
        child.send_signal(which)
        assert child.wait(30) != 0
    assert left_of(home) == []
    assert up().state == "healthy"


def test_two_ups_at_once_start_one_server(home: Path) -> None:
    both = [subprocess.Popen([sys.executable, "-c", UP], stderr=subprocess.PIPE, text=True) for _ in "12"]
    outputs = [child.communicate(timeout=60)[1] for child in both]
    assert [child.returncode for child in both] == [0, 0]
    assert sum("ready on port" in words for words in outputs) == 1


def test_only_the_owner_can_enter_the_home(home: Path) -> None:
    home.mkdir()
    home.chmod(0o755)  # as one that an older version made
    assert up().state == "healthy"
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_home_that_cannot_be_made_is_explained(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.touch()
    monkeypatch.setenv("TEXTILE_HOME", str(home / "below a file"))
    with pytest.raises(SetupError, match=r"cannot create .* set TEXTILE_HOME"):
        up()
    home.unlink()
