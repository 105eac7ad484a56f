"""One-shot service: create or complete the databases.

The same code as in ``textile up``; it is safe to run at every start and after every update.
"""

from include.cli.console import log_to_stderr
from include.local import airflow, databases
from include.local.secrets import airflow_secrets, superset_secret
from include.settings import load_settings


def main() -> None:
    """Prepare the warehouse, the databases of Airflow and Superset, and Airflow's schema."""
    log_to_stderr()
    settings = load_settings()
    airflow_password = airflow_secrets().db_password.get_secret_value()
    databases.prepare(settings, airflow_password, superset_secret("db_password"))
    airflow.migrate(settings)


if __name__ == "__main__":
    main()
