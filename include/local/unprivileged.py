"""PostgreSQL refuses to run as root: as root, run its programs under another, existing account.

No account is made and no permission outside our own folder is changed. The home is root's alone: the other
account gets its folder in it as an open directory, and nothing else of the home. Where it cannot reach the
programs (a clone in ``/root``, files installed with a strict umask), these processes alone
get the capability to read past permissions (to ignore them, where root itself has no better), and nothing
else of root's power. PostgreSQL's superuser can then read what root can: its password is in a file of root's.
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

# From least to most. Many containers have no DAC_READ_SEARCH even as root.
_CAPABILITIES = ("", "dac_read_search", "dac_override")


@dataclass(frozen=True)
class Account:
    """A user and group by number."""

    uid: int
    gid: int


def account(folder: Path) -> Account | None:
    """Who shall run the programs that own ``folder``; None when that is us, because we are not root.

    A folder that an ordinary user made stays that user's; otherwise it is ``nobody``.
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
class Way:
    """How a process reaches a folder: by which path, and with which open descriptors passed on to it."""

    path: Path
    descriptors: tuple[int, ...] = ()


@contextmanager
def way_to(folder: Path, who: Account | None) -> Iterator[Way]:
    """A way to ``folder`` that ``who`` can go whatever lies above it; its descriptors are ours until the end.

    A folder that is open is entered by its descriptor: the permissions of the folders above are not asked.
    """
    if who is None:
        yield Way(folder)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield Way(Path(f"/proc/self/fd/{descriptor}"), (descriptor,))
    finally:
        os.close(descriptor)


def _require_name() -> None:
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        raise SetupError(
            f"PostgreSQL wants a user with a name, and user {os.geteuid()} has none in /etc/passwd: run as "
            "one who has (in a container: do not start it under a number that the image does not know)"
        ) from None


def prefix(who: Account | None, *, must_run: Path, must_read: Path, enter: Way) -> list[str]:
    """The words to put before a command so that ``who`` runs it, with the least capability that suffices.

    Enough is what can run ``must_run``, read a file in ``must_read`` and enter ``enter``: tried, not guessed.
    """
    if who is None:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise SetupError(
            "PostgreSQL does not run as root, and `setpriv` (package util-linux) is not there to change the "
            "account: install util-linux, or run as an ordinary user"
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
    complaint = ""
    for capability in _CAPABILITIES:
        words = [setpriv, f"--reuid={who.uid}", f"--regid={who.gid}", "--clear-groups", "--no-new-privs"]
        grant = f"-all,+{capability}" if capability else "-all"
        words += [f"--inh-caps={grant}", f"--ambient-caps={grant}"]
        if capability:
            # initdb asks access(2), which leaves out capabilities unless this is set.
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
        complaint = done.stderr.decode(errors="replace").strip()
    raise SetupError(
        f"PostgreSQL does not run as root, and user {who.uid} cannot read {must_run.parent} or {must_read} "
        f"({complaint}): run as an ordinary user, or from a folder that others may enter"
    )
