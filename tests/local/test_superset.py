import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from include.errors import SetupError
from include.local import secrets, stack, superset
from include.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Superset's files in their own home; its packages are marked as installed but are not."""
    monkeypatch.setenv("TEXTILE_HOME", str(tmp_path))
    monkeypatch.delenv("TEXTILE_SECRETS_DIR", raising=False)
    secrets.generate_missing(tmp_path / "secrets")
    python = tmp_path / ".venv-superset" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    (python.parent.parent / "packages.mark").touch()
    monkeypatch.setattr(superset, "PYTHON", python)
    return Settings(home=tmp_path, pg_port=1, superset_port=1)


def test_without_its_packages_the_message_says_what_to_do(settings: Settings) -> None:
    superset.PYTHON.unlink()
    with pytest.raises(SetupError, match=r"Superset is not installed .* run `make bi`"):
        superset.prepare(settings)


def test_preparing_does_not_wait_for_ever(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    superset.PYTHON.write_text("#!/bin/sh\nexec sleep 60\n")
    superset.PYTHON.chmod(0o700)
    monkeypatch.setattr(superset, "_PREPARE_TIMEOUT_S", 0.2)
    with pytest.raises(SetupError, match="run `make bi` again"):
        superset.prepare(settings)


def test_it_inherits_no_password_and_no_libpq_setting(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PGPASSWORD", "PGOPTIONS", "TEXTILE_ANALYST_PASSWORD", "SUPERSET_SECRET_KEY"):
        monkeypatch.setenv(name, "somebody else's")
    assert "somebody else's" not in superset.environment(settings).values()


@pytest.mark.parametrize("replaced", [".venv-superset/packages.mark", "secrets/textile_superset_secret_key"])
def test_what_is_replaced_after_the_start_makes_it_outdated(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, replaced: str
) -> None:
    monkeypatch.setattr(superset, "find", lambda _settings: psutil.Process())
    for path in [superset.PYTHON.parent.parent / "packages.mark", *superset.secrets_dir().iterdir()]:
        os.utime(path, (0, 0))
    assert not superset.is_outdated(settings)
    later = time.time() + 1
    os.utime(settings.home / replaced, (later, later))
    assert superset.is_outdated(settings)


@pytest.mark.parametrize("ran_before", [True, False])
def test_a_failed_import_stops_only_what_this_call_started(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, ran_before: bool
) -> None:
    def fail(*_words: Any) -> str:
        raise SetupError("refused")

    stopped: list[bool] = []
    does_nothing: Callable[..., Any] = lambda *_words: None  # noqa: E731
    monkeypatch.setattr(stack, "load_settings", lambda: settings)
    monkeypatch.setattr(stack.provision, "provision", fail)
    monkeypatch.setattr(stack.ports, "keep_or_choose", does_nothing)
    for name in ("prepare", "start"):
        monkeypatch.setattr(superset, name, does_nothing)
    running = psutil.Process()
    monkeypatch.setattr(superset, "find", lambda _settings: running if ran_before else None)
    monkeypatch.setattr(superset, "is_outdated", lambda _settings: False)
    monkeypatch.setattr(superset, "is_healthy", lambda _settings: True)
    monkeypatch.setattr(superset, "stop", lambda _settings: stopped.append(True))
    with pytest.raises(SetupError, match="refused"):
        stack._start_superset(settings.home)
    assert bool(stopped) is not ran_before


def test_a_python_without_wheels_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts" / "setup_venv.sh"
    script.write_bytes((superset.PROJECT_DIR / "scripts" / "setup_venv.sh").read_bytes())
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "superset.txt").touch()
    for name in ("python3", "python3.11", "python3.12"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o700)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(
        ["sh", script, "superset", "Superset"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "make bi PYTHON=/path/to/python3.12" in done.stderr
    assert not (tmp_path / ".venv-superset").exists()
