"""What happens to a person's Ctrl-C, or to a SIGTERM, while services are being started."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def raising() -> Iterator[None]:
    """SIGTERM and SIGHUP raise SystemExit, as Ctrl-C raises KeyboardInterrupt, so that clean-up runs."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    # Only where nobody decided otherwise: under `nohup` a SIGHUP stays ignored.
    with _handling([which for which in _ENDING if signal.getsignal(which) is signal.SIG_DFL], leave):
        yield


@contextmanager
def held_back() -> Iterator[None]:
    """A signal that arrives inside takes effect at the end: no process is started and then not noted."""
    arrived: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)

    with _handling([which for which in _ENDING if signal.getsignal(which) is not signal.SIG_IGN], note):
        yield
    for number in arrived:
        signal.raise_signal(number)


@contextmanager
def _handling(which: list[signal.Signals], handler: "signal._HANDLER") -> Iterator[None]:
    # Python delivers signals to the main thread only, and only that one may set handlers.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in which}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
