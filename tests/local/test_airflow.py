import os
import stat
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from include.demo import airflow_api
from include.errors import SetupError
from include.local import airflow, secrets
from include.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in [name for name in os.environ if name.startswith("TEXTILE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TEXTILE_HOME", str(tmp_path))
    (tmp_path / "stack.env").write_text("TEXTILE_PG_PORT=1\nTEXTILE_AIRFLOW_PORT=2\n")
    secrets.generate_missing(tmp_path / "secrets")
    return load_settings()


def known_options() -> set[str]:
    # Read, not imported: importing airflow writes its home folder.
    spec = find_spec("airflow")
    assert spec
    assert spec.submodule_search_locations
    described = Path(spec.submodule_search_locations[0]) / "config_templates" / "config.yml"
    sections = yaml.safe_load(described.read_text())
    return {
        f"AIRFLOW__{section}__{option}".upper()
        for section, body in sections.items()
        for option in body["options"]
    }


def test_every_option_that_is_set_exists_in_this_airflow(settings: Settings) -> None:
    ours = {name for name in airflow.environment(settings) if name.startswith("AIRFLOW__")}
    assert len(ours) > 20
    assert ours - known_options() == set()


def test_variables_of_other_airflows_are_removed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "True")
    monkeypatch.setenv("AIRFLOW_CONFIG", "/etc/airflow.cfg")
    variables = airflow.command_environment(settings)
    assert variables["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
    assert "AIRFLOW_CONFIG" not in variables
    assert variables["PATH"] == os.environ["PATH"]


def test_everything_it_writes_is_below_home(settings: Settings) -> None:
    variables = airflow.environment(settings)
    written = [
        "AIRFLOW_HOME",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH",
    ]
    for name in written:
        assert Path(variables[name]).is_relative_to(settings.home)


def test_password_file_is_private(settings: Settings) -> None:
    airflow.write_passwords_file(settings)
    path = airflow.passwords_file(settings)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    password = secrets.airflow_secrets().admin_password.get_secret_value()
    assert yaml.safe_load(path.read_text()) == {"admin": password}


def test_airflow_that_is_not_up_is_explained(settings: Settings) -> None:
    assert set(airflow.health(settings).values()) == {"unknown"}
    with pytest.raises(SetupError, match="is it up"):
        airflow_api.connect(airflow.url(settings), "x")
