"""One-shot service: create or complete both databases, then go.

The same code as ``textile up`` runs; it is safe to run at every start and after every update.
"""

from include.local import airflow, databases
from include.local.secrets import airflow_secrets
from include.settings import load_settings


def main() -> None:
    """Roles, schemas and tables of the warehouse; Airflow's metadata schema."""
    settings = load_settings()
    databases.prepare(settings, airflow_secrets().db_password.get_secret_value())
    airflow.migrate(settings)


if __name__ == "__main__":
    main()
