"""Run the dbt project in this process: seeds, models and their tests."""

import hashlib
import logging
import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from include.errors import BuildError
from include.settings import PROJECT_DIR, Role, Settings

log = logging.getLogger(__name__)

DBT_PROJECT = PROJECT_DIR / "dbt_project"
# Exposures and the semantic layer: no figure depends on them.
_NO_FIGURES = (DBT_PROJECT / "models" / "exposures", DBT_PROJECT / "models" / "semantic")
_FAILED = ("error", "fail", "runtime error", "partial success")


@dataclass(frozen=True)
class NodeResult:
    """One seed, model or test.

    ``rows``: written by a seed or table, failing for a test; None for views and skipped nodes.
    """

    name: str
    resource_type: str
    status: str
    seconds: float
    rows: int | None
    message: str


@dataclass(frozen=True)
class BuildResult:
    """The results of a run, by node in order of completion."""

    nodes: tuple[NodeResult, ...]
    seconds: float


def build(settings: Settings, *, full_refresh: bool = True) -> BuildResult:
    """Build all seeds, models and data tests once, marts in the schema ``candidate``.

    Without ``full_refresh`` the monthly tables keep the months that are not in ``ops.months_to_build``, and
    the seeds are not loaded: a changed seed needs a full refresh. Raises BuildError naming the first failing
    node; the candidate must then not be published.
    """
    # Cautious: only tests of seeds alone are excluded with them.
    without_seeds = ["--exclude", "resource_type:seed", "--indirect-selection", "cautious"]
    scope = ["--full-refresh"] if full_refresh else without_seeds
    return _run(settings, ["build", *scope, "--exclude-resource-type", "unit_test"])


def run_unit_tests(settings: Settings) -> BuildResult:
    """Run dbt's unit tests; the models that they test must have been built before."""
    return _run(settings, ["test", "--select", "test_type:unit"])


def code_version() -> str:
    """Twelve hex digits over all code that can change a figure: dbt project, views of ops, expectations."""
    expectations = (PROJECT_DIR / "expectations").rglob("*.py")
    views = PROJECT_DIR / "include" / "warehouse" / "schema" / "views.sql"
    return _checksum([*_project_files("models", "macros", "seeds", "tests"), views, *expectations])


def tables_version() -> str:
    """Twelve hex digits over all code that can change an old month in the monthly tables of dbt."""
    return _checksum(_project_files("models", "macros", "seeds"))


def inputs() -> dict[str, str]:
    """The files that a figure can depend on: path in the dbt project -> twelve hex digits of the content."""
    return {
        path.relative_to(DBT_PROJECT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in _project_files("models", "macros", "seeds")
        if path.suffix in (".sql", ".csv") or path.name == "dbt_project.yml"
    }


def _checksum(files: list[Path]) -> str:
    digest = hashlib.sha256(_project_version().encode())
    for path in sorted(files):
        digest.update(path.relative_to(PROJECT_DIR).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _project_version() -> str:
    project = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def _project_files(*folders: str) -> list[Path]:
    files = [path for name in folders for path in (DBT_PROJECT / name).rglob("*") if path.is_file()]
    return [DBT_PROJECT / "dbt_project.yml", *(path for path in files if path.parent not in _NO_FIGURES)]


def _run(settings: Settings, command: list[str]) -> BuildResult:
    from dbt.cli.main import dbtRunner  # takes a second to import: not when DAG files are parsed

    scratch = settings.home / "dbt"
    arguments = [
        *command,
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
        *("--target-path", str(scratch / "target"), "--log-path", str(scratch / "logs")),
        *(
            "--log-level",
            "none",
            "--log-level-file",
            "info",
            "--no-use-colors",
            "--no-send-anonymous-usage-stats",
        ),
    ]
    with environment(variables(settings)), _log_file_closed():
        outcome = dbtRunner().invoke(arguments)
    if outcome.exception is not None:
        raise BuildError(
            f"dbt {command[0]} did not run: {outcome.exception}. The log is {scratch / 'logs' / 'dbt.log'}"
        ) from outcome.exception
    nodes = tuple(_node_result(result) for result in outcome.result.results)
    for node in nodes:
        log.info(
            "%-9s %-48s %-8s %6.2f s %s",
            node.resource_type,
            node.name,
            node.status,
            node.seconds,
            _rows(node),
        )
    _raise_on_failure(nodes, scratch / "logs" / "dbt.log")
    return BuildResult(nodes, float(outcome.result.elapsed_time))


def variables(settings: Settings) -> dict[str, str]:
    """The variables that ``profiles.yml`` reads; dbt masks those named DBT_ENV_SECRET_... in its logs."""
    if settings.pg_port is None:
        raise BuildError("the warehouse's port is not known: run `textile up`, or set TEXTILE_PG_PORT")
    return {
        "DBT_TARGET": "warehouse",  # a shell that queries the semantic layer may have set another
        "TEXTILE_PG_HOST": settings.pg_host,
        "TEXTILE_PG_PORT": str(settings.pg_port),
        "TEXTILE_PG_DATABASE": settings.pg_database,
        "DBT_ENV_SECRET_TRANSFORMER_PASSWORD": settings.password(Role.TRANSFORMER),
    }


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables while dbt runs: its profile reads them."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _log_file_closed() -> Iterator[None]:
    """Close dbt's log file after the run; dbt itself never does."""
    try:
        yield
    finally:
        for handler in logging.getLogger("file_log").handlers:
            handler.close()


def _node_result(result: Any) -> NodeResult:
    """``result``: dbt's RunResult of one node."""
    is_test = result.node.resource_type in ("test", "unit_test")
    written = result.adapter_response.get("rows_affected", -1)
    rows = result.failures if is_test else written if written >= 0 else None
    return NodeResult(
        name=result.node.name,
        resource_type=str(result.node.resource_type),
        status=str(result.status),
        seconds=round(float(result.execution_time), 3),
        rows=rows,
        message=" ".join((result.message or "").split()),
    )


def _rows(node: NodeResult) -> str:
    return "" if node.rows is None else f"{node.rows} rows"


def _raise_on_failure(nodes: tuple[NodeResult, ...], log_file: Path) -> None:
    failed = [node for node in nodes if node.status in _FAILED]
    if not failed:
        return
    first = failed[0]
    others = f" ({len(failed) - 1} more failed)" if len(failed) > 1 else ""
    raise BuildError(
        f"dbt {first.resource_type} {first.name} failed: {first.message}{others}. "
        f"Nothing was published; see {log_file}",
        nodes,
    )
