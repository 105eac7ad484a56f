"""Background services: started in a session of their own, found again, stopped with all their children.

``<run_dir>/<name>.json`` has the pid of a service and its start time, because a pid can be used again.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import psutil

from include.local import signals

_TICK_S = 0.05


def start(
    run_dir: Path,
    name: str,
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    descriptors: Sequence[int] = (),
) -> psutil.Process:
    """Start a service detached from this terminal; its output goes to ``log``, the old log to ``log.1``.

    ``descriptors``: open files that it inherits, under the same numbers.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))
    with log.open("wb") as output, signals.postpone():
        child = subprocess.Popen(
            [str(part) for part in command],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=descriptors,
        )
        # It outlives this process: Popen must not warn that nobody waited for it.
        child.returncode = 0
        process = psutil.Process(child.pid)
        draft = run_dir / f".{name}.json"
        draft.write_text(json.dumps({"pid": child.pid, "birth": _start_time(process)}))
        draft.replace(run_dir / f"{name}.json")
    return process


def find(run_dir: Path, name: str) -> psutil.Process | None:
    """The running service of that name, or None (also when another process has its pid)."""
    record = _read(run_dir, name)
    leader = record and _leader(*record)
    return leader if leader and _alive([leader]) else None


def stop(run_dir: Path, name: str, *, how: signal.Signals = signal.SIGTERM, timeout_s: float = 15) -> None:
    """Signal the service to stop, wait, then kill the rest of its session. Idempotent."""
    record = _read(run_dir, name)
    if record is None:
        return
    members = _family(*record)
    leader = _leader(*record)
    if leader:
        _signal([leader], how)
        _wait([leader], timeout_s)
    # The leader may have started more while it was stopping.
    kill(members | _family(*record), grace_s=2)
    (run_dir / f"{name}.json").unlink(missing_ok=True)


def kill(victims: Iterable[psutil.Process], *, grace_s: float = 0) -> None:
    """End processes: SIGTERM, ``grace_s`` later SIGKILL; returns when they are gone."""
    alive = _alive(victims)
    if grace_s and alive:
        _signal(alive, signal.SIGTERM)
        _wait(alive, grace_s)
    _signal(_alive(alive), signal.SIGKILL)
    _wait(alive, 5)


def _start_time(process: psutil.Process) -> float:
    # Seconds after boot: unlike the time of day it does not change when the clock is set.
    return float(process.create_time() - psutil.boot_time())


def _read(run_dir: Path, name: str) -> tuple[int, float] | None:
    try:
        record = json.loads((run_dir / f"{name}.json").read_text())
        return int(record["pid"]), float(record["birth"])
    except (FileNotFoundError, ValueError, KeyError):
        return None


def _leader(pid: int, started: float) -> psutil.Process | None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        # The boot time is rounded and can differ by a second between two reads.
        if abs(_start_time(process) - started) < 2:
            return process
    return None


def _family(pid: int, started: float) -> set[psutil.Process]:
    """All processes of the service's session, also after its leader was killed.

    A number that is in use for a session is not used as a pid again: when ``pid`` is now of a process with
    another start time, the old session has ended.
    """
    leader = _leader(pid, started)
    if leader is None and psutil.pid_exists(pid):
        return set()
    members: set[psutil.Process] = set()
    if leader:
        with contextlib.suppress(psutil.NoSuchProcess):
            members.update(leader.children(recursive=True))
    for process in psutil.process_iter():
        with contextlib.suppress(OSError):
            if os.getsid(process.pid) == pid:
                members.add(process)
    return members


def _alive(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    alive = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                alive.append(process)
    return alive


def _signal(processes: Iterable[psutil.Process], which: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(which)


def _wait(processes: Sequence[psutil.Process], timeout_s: float) -> None:
    end = time.monotonic() + timeout_s
    while _alive(processes) and time.monotonic() < end:
        time.sleep(_TICK_S)
