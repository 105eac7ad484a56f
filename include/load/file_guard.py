"""One guard for all that is done to a single file: what goes wrong is its refusal, and stops no other."""

import errno
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from include.errors import TextileError, UnreadableFileError
from include.sources.plain_text import cleaned

_OURS = str(Path(__file__).parent.parent)
_SHOWN_CHARACTERS = 500
# The disk is full, failing or read-only, memory is short, or too many files are open: another file would fare
# no better.
_OF_THE_MACHINE = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS),
    *(errno.ENOMEM, errno.EMFILE, errno.ENFILE),
}
# What the contents of a file can do to a statement. A server that is gone or a rule of ours that is broken is
# another matter: that is raised, the files stay where they are, and nothing good is refused.
CAUSED_BY_CONTENT = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)


@contextmanager
def of_file(name: str, done: str = "read") -> Iterator[None]:
    """Raise whatever goes wrong inside as the file's UnreadableFileError; ``done`` is what was done to it.

    Raised as they are: other errors with a message of ours, a server that is gone, a disk that is full or
    failing, and what ends the process (Ctrl-C, SystemExit, Airflow's end of a task), which is no exception by
    Python's own order.
    """
    try:
        yield
    except TextileError:
        raise
    except BaseException as error:
        if not _is_of_the_file(error):
            raise
        raise refusal(error, name, done) from error


def refusal(error: BaseException, name: str, done: str = "read") -> UnreadableFileError:
    """What to say of the file ``name`` that caused ``error``."""
    if isinstance(error, UnreadableFileError):
        return error
    said = f"{name}: cannot be {done}: "
    if isinstance(error, OSError):
        other = Path(error.filename).name if isinstance(error.filename, str) else name
        where = "" if other == name else f" ({other})"
        return UnreadableFileError("file_unreadable", f"{said}{error.strerror or error}{where}")
    reason = cleaned(" ".join(str(error).split()), _SHOWN_CHARACTERS)
    if isinstance(error, psycopg.Error):
        return UnreadableFileError("audit_impossible", said + reason)
    what = ": ".join(filter(None, [type(error).__name__, reason]))
    return UnreadableFileError(
        "file_breaks_reader",
        f"{said}{what} ({_place(error)}); open the file in the program it came from, save it anew and "
        "deliver that",
    )


def _is_of_the_file(error: BaseException) -> bool:
    if isinstance(error, psycopg.Error):
        return isinstance(error, CAUSED_BY_CONTENT)
    if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
        return False
    # Libraries in Rust (polars, calamine) panic with an exception that derives from BaseException, of a class
    # that each of them makes for itself.
    return isinstance(error, Exception) or type(error).__module__ == "pyo3_runtime"


def _place(error: BaseException) -> str:
    """Our line of code that it came through last, for the engineer who is asked."""
    frames = traceback.extract_tb(error.__traceback__)
    last = next((f for f in reversed(frames) if f.filename.startswith(_OURS)), frames[-1])
    return f"{Path(last.filename).name} line {last.lineno}"
