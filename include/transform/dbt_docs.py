"""dbt's own documentation of the project and of the tables in the warehouse, as one page."""

from pathlib import Path

import psycopg

from include.errors import BuildError, SetupError
from include.settings import Role, Settings
from include.transform.dbt import DBT_PROJECT, environment, variables


def generate(settings: Settings) -> Path:
    """Run ``dbt docs``; returns the folder with ``static_index.html`` and ``manifest.json``.

    Raises SetupError when the warehouse does not answer, BuildError when dbt fails.
    """
    from dbt.cli.main import dbtRunner  # takes a second to import

    try:
        psycopg.connect(settings.dsn(Role.TRANSFORMER), connect_timeout=5).close()
    except (SetupError, psycopg.OperationalError) as error:
        raise SetupError("the warehouse does not run: start it with `make up`, then `make docs`") from error
    folder = settings.home / "dbt" / "docs"
    folders = ("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT))
    output = ("--target-path", str(folder), "--log-path", str(folder / "logs"), "--log-level", "none")
    with environment(variables(settings)):
        outcome = dbtRunner().invoke(
            ["docs", "generate", "--static", *folders, *output, "--no-send-anonymous-usage-stats"]
        )
    if not outcome.success:
        log = folder / "logs" / "dbt.log"
        raise BuildError(f"dbt docs generate failed: {outcome.exception or 'a node failed'}; see {log}")
    return folder
