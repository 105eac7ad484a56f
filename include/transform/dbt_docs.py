"""The marts' pages, and dbt's own served on this machine: ``python -m include.transform.dbt_docs``."""

import sys
from pathlib import Path

import psycopg

from include.errors import BuildError, SetupError, TextileError
from include.local import ports
from include.local.postgres import HOST
from include.settings import PROJECT_DIR, Role, Settings, load_settings
from include.transform.dbt import DBT_PROJECT, environment, variables
from include.transform.mart_pages import MART_PAGES, write_pages


def generate(settings: Settings) -> Path:
    """Write dbt's documentation of the project and of the tables in the warehouse; returns its folder.

    Raises SetupError when the warehouse does not answer, BuildError when dbt fails.
    """
    try:
        psycopg.connect(settings.dsn(Role.TRANSFORMER), connect_timeout=5).close()
    except (SetupError, psycopg.OperationalError) as error:
        raise SetupError("the warehouse does not run: start it with `make up`, then `make docs`") from error
    folder = settings.home / "dbt" / "docs"
    with environment(variables(settings)):
        _dbt("generate", folder)
    return folder


def serve(settings: Settings, port: int) -> None:
    """Serve what :func:`generate` wrote, on loopback only, until interrupted."""
    with environment(variables(settings)):
        _dbt("serve", settings.home / "dbt" / "docs", "--host", HOST, "--port", str(port), "--no-browser")


def _dbt(command: str, folder: Path, *options: str) -> None:
    from dbt.cli.main import dbtRunner  # takes a second to import

    folders = ("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT))
    output = ("--target-path", str(folder), "--log-path", str(folder / "logs"), "--log-level", "none")
    outcome = dbtRunner().invoke(
        ["docs", command, *folders, *output, *options, "--no-send-anonymous-usage-stats"]
    )
    # dbt takes Ctrl+C for a failure.
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    if not outcome.success:
        log = folder / "logs" / "dbt.log"
        raise BuildError(f"dbt docs {command} failed: {outcome.exception or 'a node failed'}; see {log}")


def main() -> None:
    """What ``make docs`` runs."""
    settings = load_settings()
    try:
        print(f"docs: {len(write_pages())} pages in {MART_PAGES.relative_to(PROJECT_DIR)}")
        print(f"docs: dbt's pages in {generate(settings)}", flush=True)
        port = ports.choose()
        print(f"docs: they are at http://{HOST}:{port} for this machine only; Ctrl+C stops", flush=True)
        serve(settings, port)
    except TextileError as error:
        sys.exit(f"docs: {error}")
    except KeyboardInterrupt:
        print("docs: stopped")


if __name__ == "__main__":
    main()
