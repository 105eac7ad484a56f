import socket
from pathlib import Path

import pytest

from include.errors import SetupError
from include.local import ports

VARIABLE = "TEXTILE_PG_PORT"


@pytest.fixture(autouse=True)
def _no_port_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def test_chosen_port_is_noted_and_kept(tmp_path: Path) -> None:
    (tmp_path / "stack.env").write_text("OTHER=1\nTEXTILE_PG_PORT=1\n")
    port = ports.keep_or_choose(tmp_path, VARIABLE, None)
    assert (tmp_path / "stack.env").read_text() == f"OTHER=1\nTEXTILE_PG_PORT={port}\n"
    assert ports.keep_or_choose(tmp_path, VARIABLE, port) == port


def test_taken_port_is_replaced(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        assert not ports.is_free(taken)
        assert ports.keep_or_choose(tmp_path, VARIABLE, taken) != taken


def test_taken_port_that_the_environment_asks_for_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        monkeypatch.setenv(VARIABLE, str(taken))
        with pytest.raises(SetupError, match=f"port {taken} of {VARIABLE} is in use"):
            ports.keep_or_choose(tmp_path, VARIABLE, taken)
