"""Who runs this process: decisions of people are recorded with their names."""

import getpass
import os


def login_name() -> str:
    """The login name, or the number of a user who has none (a container's)."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"
