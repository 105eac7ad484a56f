import base64
import stat
from pathlib import Path

import pytest

from include.errors import SetupError
from include.local import secrets
from include.settings import Role, load_settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEXTILE_HOME", str(tmp_path))
    monkeypatch.delenv("TEXTILE_SECRETS_DIR", raising=False)
    for name in secrets.MAKERS:
        monkeypatch.delenv(name.upper(), raising=False)
    return tmp_path / "secrets"


def test_only_the_owner_can_read(folder: Path) -> None:
    secrets.generate_missing(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert {path.name for path in folder.iterdir()} == set(secrets.MAKERS)


def test_generated_once_each_different_and_read_by_the_settings(folder: Path) -> None:
    first = secrets.generate_missing(folder)
    assert len(set(first.values())) == len(first)
    (folder / "textile_loader_password").unlink()
    second = secrets.generate_missing(folder)
    changed = {name for name in first if first[name] != second[name]}
    assert changed == {"textile_loader_password"}
    settings = load_settings()
    assert {role: settings.password(role) for role in Role} == {
        role: second[f"textile_{role.value}_password"] for role in Role
    }
    airflow = secrets.airflow_secrets()
    assert airflow.jwt_secret.get_secret_value() == second["textile_airflow_jwt_secret"]
    assert len(base64.urlsafe_b64decode(airflow.fernet_key.get_secret_value())) == 32


def test_missing_secrets_are_named(folder: Path) -> None:
    with pytest.raises(SetupError, match="textile_airflow_db_password, textile_airflow_admin_password"):
        secrets.airflow_secrets()


def test_a_missing_secret_of_superset_is_named(folder: Path) -> None:
    with pytest.raises(SetupError, match="textile_superset_db_password is missing"):
        secrets.superset_secret("db_password")
    assert secrets.generate_missing(folder)["textile_superset_db_password"] == secrets.superset_secret(
        "db_password"
    )
