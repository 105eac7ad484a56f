"""One-shot service: bring the dashboard into Superset, then go. The same code as ``make bi`` runs."""

from include.dashboard import provision
from include.settings import load_settings


def main() -> None:
    """Import database, datasets, charts and dashboard."""
    provision.provision(load_settings())


if __name__ == "__main__":
    main()
