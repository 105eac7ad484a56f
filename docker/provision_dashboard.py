"""One-shot service: import the dashboard into Superset, with the same code as ``make bi``."""

from include.dashboard import provision
from include.local import superset
from include.local.secrets import superset_secret
from include.settings import load_settings


def main() -> None:
    """Import database, datasets, charts and dashboard."""
    settings = load_settings()
    provision.provision(settings, superset.url(settings), superset_secret("admin_password"))


if __name__ == "__main__":
    main()
