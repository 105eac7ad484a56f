"""Who decided, and the check of the reason that is recorded with it."""

import getpass
import os

from include.errors import PublishError

_MAX_REASON_LENGTH = 500


def login_name() -> str:
    """The login name, or the number of a user who has none (a container's)."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"


def check_reason(text: str, what: str) -> str:
    """The reason on one line; PublishError when it is empty or too long. ``what``: the decision it is for."""
    reason = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not reason:
        raise PublishError(f"{what} needs a reason: others read it in `textile releases`")
    if len(reason) > _MAX_REASON_LENGTH:
        raise PublishError(
            f"{what} needs a reason of at most {_MAX_REASON_LENGTH} characters; this one has {len(reason)}"
        )
    return reason
