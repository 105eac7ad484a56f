"""Peers run in an environment and in processes of their own; see scripts/setup_venv.sh."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from include.settings import PROJECT_DIR

PYTHON = PROJECT_DIR / ".venv-bench" / "bin" / "python"
MARK = PROJECT_DIR / ".venv-bench" / "packages.mark"  # written when all packages are in
_SCRIPTS = Path(__file__).parent / "peers"


class PeerError(Exception):
    """A peer does not get its work done on this machine."""


def installed() -> bool:
    """Whether the peers can be measured here."""
    return MARK.is_file() and PYTHON.is_file()


def run(script: str, job: dict[str, Any], folder: Path) -> dict[str, Any] | None:
    """Give the script its job on stdin (it holds a password); its JSON, or None without peers.

    ``folder`` is its home: whatever a peer keeps in the home folder or where it is started stays there.
    Raises PeerError.
    """
    if not installed():
        return None
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [str(PYTHON), str(_SCRIPTS / script)],
        input=json.dumps(job),
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PeerError(f"{script} failed:\n{done.stderr.strip()[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer
