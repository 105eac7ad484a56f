"""PostgreSQL does not run as root: as root, run its programs under another, existing account.

No account is created and no permission outside our own folder is changed. Only root can enter the home: the
other account gets an open descriptor of its own folder. Where it cannot read the programs (a clone in
``/root``, a strict umask), only these processes get the capability dac_read_search, or dac_override where
root lacks it. PostgreSQL's superuser can then read every file; its password is in a file of root.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from include.errors import SetupError

# From the fewest rights to the most. In many containers even root has no DAC_READ_SEARCH.
_CAPABILITIES = ("", "dac_read_search", "dac_override")


@dataclass(frozen=True)
class Account:
    """A user and group by number."""

    uid: int
    gid: int


def account(folder: Path) -> Account | None:
    """The account to run programs on ``folder``; None when we are not root and run them ourselves.

    As root: the owner of the folder, or ``nobody`` when that is root.
    """
    if os.geteuid() != 0:
        _require_name()
        return None
    if folder.exists() and folder.stat().st_uid != 0:
        return Account(folder.stat().st_uid, folder.stat().st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise SetupError(
            "PostgreSQL does not run as root, and there is no account `nobody` here: run as an ordinary user"
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


@dataclass(frozen=True)
class FolderAccess:
    """How a process accesses a folder: its path, and the open descriptors to pass to the process."""

    path: Path
    descriptors: tuple[int, ...] = ()


@contextmanager
def open_folder(folder: Path, who: Account | None) -> Iterator[FolderAccess]:
    """Open ``folder`` for ``who``, whatever the permissions of the folders above it.

    A process can enter an open folder by its descriptor; the folders above are not checked.
    """
    if who is None:
        yield FolderAccess(folder)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield FolderAccess(Path(f"/proc/self/fd/{descriptor}"), (descriptor,))
    finally:
        os.close(descriptor)


def _require_name() -> None:
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        raise SetupError(
            f"PostgreSQL needs a user with a name, and user {os.geteuid()} has none in /etc/passwd: run as "
            "a user who has one (in a container: not under a number that the image does not know)"
        ) from None


def prefix(who: Account | None, *, must_run: Path, must_read: Path, enter: FolderAccess) -> list[str]:
    """The words to put before a command so that ``who`` runs it, with the least capability that is enough.

    It is enough when a trial can run ``must_run``, read a file in ``must_read`` and enter ``enter``.
    """
    if who is None:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise SetupError(
            "PostgreSQL does not run as root, and `setpriv` (package util-linux), which changes the account, "
            "is missing: install util-linux, or run as an ordinary user"
        )
    sample = next(path for path in sorted(must_read.rglob("*")) if path.is_file())
    trial: list[str | Path] = [
        "/bin/sh",
        "-c",
        'cd "$1" && "$2" --version && cat "$3"',
        "trial",
        enter.path,
        must_run,
        sample,
    ]
    error_text = ""
    for capability in _CAPABILITIES:
        words = [setpriv, f"--reuid={who.uid}", f"--regid={who.gid}", "--clear-groups", "--no-new-privs"]
        grant = f"-all,+{capability}" if capability else "-all"
        words += [f"--inh-caps={grant}", f"--ambient-caps={grant}"]
        if capability:
            # initdb calls access(2), which ignores capabilities unless this is set.
            words.append("--securebits=+no_setuid_fixup")
        done = subprocess.run(
            [str(word) for word in (*words, *trial)],
            cwd="/",
            pass_fds=enter.descriptors,
            capture_output=True,
            check=False,
        )
        if done.returncode == 0:
            return words
        error_text = done.stderr.decode(errors="replace").strip()
    raise SetupError(
        f"PostgreSQL does not run as root, and user {who.uid} cannot read {must_run.parent} or {must_read} "
        f"({error_text}): run as an ordinary user, or from a folder that others may enter"
    )
