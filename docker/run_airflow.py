"""Entry point of the image: run an ``airflow`` command with the project's configuration.

Variables of the container (``AIRFLOW__API__HOST``, ...) override the project's own values.
"""

import os
import sys

from include.local import airflow
from include.settings import load_settings


def main() -> None:
    """Replace this process by ``airflow`` with the same arguments."""
    settings = load_settings()
    if sys.argv[1:2] == ["api-server"]:
        airflow.write_passwords_file(settings)
    variables = airflow.environment(settings) | dict(os.environ)
    command = [sys.executable, "-m", "airflow", *sys.argv[1:]]
    os.execve(sys.executable, command, variables)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
