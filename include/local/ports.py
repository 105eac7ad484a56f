"""Ports of the stack: chosen once, stored in ``<home>/stack.env``, chosen again when they are in use."""

import os
import random
import socket
from pathlib import Path

from include.errors import SetupError
from include.local.postgres import HOST

# Below the range of ports for outgoing connections (32768 and up on Linux), so that the system does not
# assign one of them before our service starts.
_RANGE = range(20000, 32000)


def keep_or_choose(home: Path, variable: str, current: int | None) -> int:
    """The port for ``variable`` (such as ``TEXTILE_PG_PORT``), stored in ``stack.env``.

    SetupError when the environment sets a port that is in use.
    """
    if current is not None and is_free(current):
        return current
    if variable in os.environ:
        raise SetupError(f"port {current} of {variable} is in use: unset it or choose another")
    port = choose()
    _store(home / "stack.env", variable, port)
    return port


def choose() -> int:
    """Choose a port of loopback that is free now."""
    return next(port for port in random.sample(_RANGE, k=len(_RANGE)) if is_free(port))


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of loopback now."""
    with socket.socket() as probe:
        # As servers do: ports of recently closed connections count as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _store(file: Path, variable: str, port: int) -> None:
    lines = file.read_text().splitlines() if file.exists() else []
    others = [line for line in lines if not line.startswith(f"{variable}=")]
    draft = file.with_name(f".{file.name}")
    draft.write_text("\n".join([*others, f"{variable}={port}", ""]))
    draft.replace(file)
