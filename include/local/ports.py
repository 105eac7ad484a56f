"""Ports of the stack: chosen once, kept in ``<home>/stack.env``, chosen anew when someone else has them."""

import os
import random
import socket
from pathlib import Path

from include.errors import SetupError
from include.local.postgres import HOST

# Below the range from which the system takes ports for outgoing connections (32768 and up on Linux): between
# our choice and the service's start nobody is given one of these by chance.
_RANGE = range(20000, 32000)


def keep_or_choose(home: Path, variable: str, current: int | None) -> int:
    """The port for ``variable`` (such as ``TEXTILE_PG_PORT``), noted in ``stack.env``.

    A port that the environment sets is not ours to change: SetupError when it is taken.
    """
    if current is not None and is_free(current):
        return current
    if variable in os.environ:
        raise SetupError(f"port {current} is in use, and {variable} asks for it: unset it or choose another")
    port = choose()
    _note(home / "stack.env", variable, port)
    return port


def choose() -> int:
    """A port of loopback that is free now."""
    return next(port for port in random.sample(_RANGE, k=len(_RANGE)) if is_free(port))


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of loopback now."""
    with socket.socket() as probe:
        # As servers do: what is left of closed connections is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _note(file: Path, variable: str, port: int) -> None:
    lines = file.read_text().splitlines() if file.exists() else []
    kept = [line for line in lines if not line.startswith(f"{variable}=")]
    draft = file.with_name(f".{file.name}")
    draft.write_text("\n".join([*kept, f"{variable}={port}", ""]))
    draft.replace(file)
