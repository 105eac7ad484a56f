"""Decisions of people are recorded with their names and reasons."""

import getpass
import os

from include.errors import PublishError

_LONGEST_REASON = 500


def login_name() -> str:
    """The login name, or the number of a user who has none (a container's)."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"


def reason_given(text: str, what: str) -> str:
    """The reason on one line; PublishError when it has no word or too many. ``what`` it is for."""
    reason = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not reason:
        raise PublishError(f"{what} needs a reason: others read it in `textile releases`")
    if len(reason) > _LONGEST_REASON:
        raise PublishError(
            f"{what} needs a reason of at most {_LONGEST_REASON} characters; this one has {len(reason)}"
        )
    return reason
