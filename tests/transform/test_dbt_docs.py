"""What `make docs` shows, and what it says when it cannot."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil

from include.settings import PROJECT_DIR, Settings

COMMAND = [sys.executable, "-m", "include.transform.dbt_docs"]


def test_a_warehouse_that_does_not_run_is_named_with_what_to_type(tmp_path: Path) -> None:
    place = os.environ | {"TEXTILE_HOME": str(tmp_path)}
    done = subprocess.run(COMMAND, cwd=PROJECT_DIR, env=place, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    expected = "docs: the warehouse does not run: start it with `make up`, then `make docs`"
    assert done.stderr.strip() == expected


def test_pages_are_served_on_loopback_only_and_stop_with_an_interrupt(told: Settings) -> None:
    assert told.transformer_password
    place = os.environ | {
        "TEXTILE_HOME": str(told.home),
        "TEXTILE_PG_PORT": str(told.pg_port),
        "TEXTILE_PG_DATABASE": told.pg_database,
        "TEXTILE_TRANSFORMER_PASSWORD": told.transformer_password.get_secret_value(),
    }
    with subprocess.Popen(COMMAND, cwd=PROJECT_DIR, env=place, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            said = iter(server.stdout.readline, "")
            address = next(found[0] for line in said if (found := re.search(r"http://[\d.:]+", line)))
            next(line for line in said if "Ctrl+C" in line)
            assert "dbt Docs" in read(f"{address}/index.html")
            assert '"share_today_members"' in read(f"{address}/catalog.json")
            listening = psutil.Process(server.pid).net_connections("tcp")
            assert {c.laddr.ip for c in listening if c.status == psutil.CONN_LISTEN} == {"127.0.0.1"}
            server.send_signal(signal.SIGINT)
            assert server.wait(timeout=20) == 0
        finally:
            server.kill()


def read(address: str) -> str:
    """The page as text."""
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310  (our own server)
        return str(answer.read().decode())
