"""Entry point of the image: become an ``airflow`` command with the project's configuration.

What the container's environment sets (``AIRFLOW__API__HOST``, ...) goes over the project's own values.
"""

import os
import sys

from include.local import airflow
from include.settings import load_settings


def main() -> None:
    """Replace this process by ``airflow`` with the words given."""
    settings = load_settings()
    if sys.argv[1:2] == ["api-server"]:
        airflow.write_passwords_file(settings)
    variables = airflow.environment(settings) | dict(os.environ)
    command = [sys.executable, "-m", "airflow", *sys.argv[1:]]
    os.execve(sys.executable, command, variables)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
