import json
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from include.local import processes

# Starts a child, says so, and ignores SIGTERM; the child does too.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def run_dir(tmp_path: Path):
    yield tmp_path
    processes.stop(tmp_path, "service", timeout_s=0)


def start(run_dir: Path) -> tuple[psutil.Process, psutil.Process]:
    log = run_dir / "service.log"
    command = [sys.executable, "-c", STUBBORN]
    leader = processes.start(run_dir, "service", command, env=os.environ, cwd=run_dir, log=log)
    while not (output := log.read_text()).endswith("\n"):
        assert leader.is_running()
    return leader, psutil.Process(int(output))


def is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_stop_ends_a_stubborn_service_and_its_child(run_dir: Path) -> None:
    leader, child = start(run_dir)
    assert processes.find(run_dir, "service") == leader
    assert os.getsid(leader.pid) == leader.pid != os.getsid(0)
    processes.stop(run_dir, "service", timeout_s=0.2)
    assert not is_alive(leader)
    assert not is_alive(child)
    assert processes.find(run_dir, "service") is None
    processes.stop(run_dir, "service")


def test_stop_ends_the_child_of_a_killed_service(run_dir: Path) -> None:
    leader, child = start(run_dir)
    leader.send_signal(signal.SIGKILL)
    leader.wait(5)
    assert is_alive(child)
    assert processes.find(run_dir, "service") is None
    processes.stop(run_dir, "service")
    assert not is_alive(child)


def test_another_process_with_the_same_pid_is_not_ours(run_dir: Path) -> None:
    leader, child = start(run_dir)
    record = run_dir / "service.json"
    true_record = record.read_text()
    known = json.loads(true_record)
    record.write_text(json.dumps({**known, "birth": known["birth"] - 1000}))
    assert processes.find(run_dir, "service") is None
    processes.stop(run_dir, "service")
    assert is_alive(leader)
    assert is_alive(child)
    record.write_text(true_record)


def test_log_of_the_last_start_is_kept(run_dir: Path) -> None:
    start(run_dir)
    processes.stop(run_dir, "service", timeout_s=0)
    start(run_dir)
    assert (run_dir / "service.log.1").read_text().strip().isdigit()
