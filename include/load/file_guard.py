"""Turn an error in the work on a single file into the refusal of that file, so that the others are loaded."""

import errno
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from include.errors import TextileError, UnreadableFileError
from include.sources.plain_text import cleaned

_PACKAGE = str(Path(__file__).parent.parent)
_MOST_CHARACTERS = 500
# The disk is full, failing or read-only, memory is short, or too many files are open: every file would fail.
_MACHINE_ERRORS = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS),
    *(errno.ENOMEM, errno.EMFILE, errno.ENFILE),
}
# Errors of a statement that the content of a file can cause. All others (no connection, an error in our code)
# are raised: the files stay in the drop folder and none is refused.
CAUSED_BY_CONTENT = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)


@contextmanager
def of_file(name: str, done: str = "read") -> Iterator[None]:
    """Raise any error inside as the file's UnreadableFileError; ``done`` names the step in the message.

    Raised unchanged: our own errors, a lost connection to the server, a full or failing disk, and what ends
    the process (Ctrl-C, SystemExit, the end of an Airflow task).
    """
    try:
        yield
    except TextileError:
        raise
    except BaseException as error:
        if not _is_caused_by_file(error):
            raise
        raise refusal(error, name, done) from error


def refusal(error: BaseException, name: str, done: str = "read") -> UnreadableFileError:
    """The refusal of the file ``name`` that caused ``error``."""
    if isinstance(error, UnreadableFileError):
        return error
    prefix = f"{name}: cannot be {done}: "
    if isinstance(error, OSError):
        other = Path(error.filename).name if isinstance(error.filename, str) else name
        where = "" if other == name else f" ({other})"
        return UnreadableFileError("file_unreadable", f"{prefix}{error.strerror or error}{where}")
    reason = cleaned(" ".join(str(error).split()), _MOST_CHARACTERS)
    if isinstance(error, psycopg.Error):
        return UnreadableFileError("validation_impossible", prefix + reason)
    what = ": ".join(filter(None, [type(error).__name__, reason]))
    return UnreadableFileError(
        "file_breaks_reader",
        f"{prefix}{what} ({_line_of_code(error)}); open the file in the program it came from, save it again "
        "and deliver that",
    )


def _is_caused_by_file(error: BaseException) -> bool:
    if isinstance(error, psycopg.Error):
        return isinstance(error, CAUSED_BY_CONTENT)
    if isinstance(error, OSError) and error.errno in _MACHINE_ERRORS:
        return False
    # A panic in a Rust library (polars, calamine) derives from BaseException; each library has its own class.
    return isinstance(error, Exception) or type(error).__module__ == "pyo3_runtime"


def _line_of_code(error: BaseException) -> str:
    """The last line of our own code in the traceback, for the engineer."""
    frames = traceback.extract_tb(error.__traceback__)
    last = next((f for f in reversed(frames) if f.filename.startswith(_PACKAGE)), frames[-1])
    return f"{Path(last.filename).name} line {last.lineno}"
