"""Handling of Ctrl-C and SIGTERM while services start."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def raise_on_end() -> Iterator[None]:
    """SIGTERM and SIGHUP raise SystemExit, as Ctrl-C raises KeyboardInterrupt, so that clean-up runs."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    # Only signals with the default handler: under `nohup` a SIGHUP stays ignored.
    with _handling([which for which in _END_SIGNALS if signal.getsignal(which) is signal.SIG_DFL], leave):
        yield


@contextmanager
def postpone() -> Iterator[None]:
    """A signal that arrives inside takes effect at the end, so that every started process is recorded."""
    arrived: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)

    with _handling([which for which in _END_SIGNALS if signal.getsignal(which) is not signal.SIG_IGN], note):
        yield
    for number in arrived:
        signal.raise_signal(number)


@contextmanager
def _handling(which: list[signal.Signals], handler: "signal._HANDLER") -> Iterator[None]:
    # Only the main thread receives signals and may set handlers.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in which}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
