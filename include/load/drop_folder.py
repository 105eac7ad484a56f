"""Find delivered files in the drop folder and recognise files that were seen before."""

import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from include.errors import UnreadableFileError
from include.load import file_guard
from include.sources.manifest import is_file, is_link, manifest_path
from include.sources.plain_text import display_name

_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
# The rule of a file that is left in the drop folder because somebody may still be writing to it.
STILL_WRITTEN = "file_still_written"


@dataclass(frozen=True)
class Fingerprint:
    """A file is identified by its content and its manifest, never by its name.

    ``problem`` is the refusal of a file that cannot be loaded. Such a file is left in the drop folder, and
    ``left_as`` identifies it in the next run.
    """

    path: Path
    sha256: str = ""
    manifest_sha256: str = ""
    size_bytes: int = 0
    modified_ns: int = 0
    problem: UnreadableFileError | None = None
    left_as: str = ""

    @property
    def display_name(self) -> str:
        """The file's name for logs and tables."""
        return display_name(self.path.name)

    def has_changed(self) -> bool:
        """Whether the file was written to, replaced or removed since its content was hashed."""
        if self.problem:
            return False
        try:
            now = self.path.stat()
        except OSError:
            return True
        return (now.st_size, now.st_mtime_ns) != (self.size_bytes, self.modified_ns)

    def require_unchanged(self) -> None:
        """UnreadableFileError when :meth:`has_changed`."""
        if self.has_changed():
            raise UnreadableFileError(
                STILL_WRITTEN, f"{self.path.name}: was written to while it was read; left for the next run"
            )


def resolve_folder(path: Path) -> Path:
    """The path without ``..`` and linked folders; a file that is a link itself remains one."""
    return Path(os.path.realpath(path.parent), path.name)


def exists(path: Path) -> bool:
    """Whether there is a file, folder or link at the path, readable or not; a broken link counts."""
    try:
        path.lstat()
    except OSError as error:
        return error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
    return True


def fingerprint(path: Path, landing: Path) -> Fingerprint:
    """Hash a file and its manifest; a file that cannot be loaded has a ``problem``."""
    try:
        with file_guard.of_file(display_name(path.name)):
            return _fingerprint(path, landing)
    except UnreadableFileError as problem:
        return Fingerprint(path, problem=problem, left_as=_left_as(path, landing, str(problem)))


def _fingerprint(path: Path, landing: Path) -> Fingerprint:
    name, manifest = display_name(path.name), manifest_path(path)
    path.lstat()
    if path.is_relative_to(landing):
        for each in (path, manifest):
            if is_link(each) and not Path(os.path.realpath(each)).is_relative_to(landing):
                raise UnreadableFileError(
                    "file_unreadable",
                    f"{display_name(each.name)}: a link that leads out of the drop folder; deliver the file "
                    "itself",
                )
    if path.is_dir():
        next(os.scandir(path), None)  # OSError where it cannot be listed
        if is_link(path):
            raise UnreadableFileError(
                "file_unreadable",
                f"{name}: a link to a folder, which is not followed; make it a folder and deliver there",
            )
    if not is_file(path):
        raise UnreadableFileError("file_unreadable", f"{name}: is no regular file; deliver the file itself")
    if path.is_relative_to(landing) and not _is_removable(path):
        raise UnreadableFileError(
            "file_not_removable",
            f"{name}: cannot be removed from its folder after the load, so it is not loaded; give the loader "
            "the right to write in that folder",
        )
    state = path.stat()
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    manifest_sha256 = hashlib.sha256(manifest.read_bytes()).hexdigest() if is_file(manifest) else ""
    return Fingerprint(path, content, manifest_sha256, state.st_size, state.st_mtime_ns)


def _is_removable(path: Path) -> bool:
    folder = path.parent.stat()
    if not os.access(path.parent, os.W_OK | os.X_OK, effective_ids=True):
        return False
    owners = (0, folder.st_uid, path.lstat().st_uid)
    return not folder.st_mode & stat.S_ISVTX or os.geteuid() in owners


def _left_as(path: Path, landing: Path, problem: str) -> str:
    """Identity of a file that is left in the drop folder: its path, size, time and problem."""
    if not path.is_relative_to(landing):
        return ""
    try:
        state = path.lstat()
        version = f"{state.st_size} {state.st_mtime_ns}"
    except OSError:
        version = ""
    name = os.fsencode(path.relative_to(landing))
    return hashlib.sha256(b"\0".join([name, version.encode(), problem.encode(errors="replace")])).hexdigest()


def find(landing: Path, source: str) -> list[Path]:
    """Files waiting for ``source``, oldest first: in its folder, or in a sub-folder named like a profile.

    Hidden files and folders, manifests and names of unfinished files (``.part``) are ignored. Broken links,
    links to folders and sub-folders that cannot be listed are returned, so that they are refused with a
    message. OSError when the source's own folder cannot be listed.
    """
    closed: list[OSError] = []
    files: list[Path] = []
    for folder, folders, names in os.walk(landing / source, onerror=closed.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [path for path in map(Path(folder).joinpath, names) if _is_finished(path)]
        files += [path for path in map(Path(folder).joinpath, folders) if is_link(path)]
    for error in closed:
        if Path(error.filename) == landing / source and exists(landing / source):
            raise error
        if exists(Path(error.filename)):
            files.append(Path(error.filename))
    return sorted(files, key=lambda path: (_modified_ns(path), str(path)))


def _is_finished(path: Path) -> bool:
    """Whether a name in the drop folder is a delivery that is completely written."""
    return (
        not path.name.startswith(".")
        and path.suffix.lower() not in _UNFINISHED
        and not is_manifest(path)
        and _is_delivery(path)
    )


def _is_delivery(path: Path) -> bool:
    """Whether the path is a file, a link, or something whose type the loader may not read."""
    try:
        kind = path.lstat().st_mode
    except OSError:
        return exists(path)
    return stat.S_ISREG(kind) or stat.S_ISLNK(kind)


def _modified_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def is_manifest(path: Path) -> bool:
    """Whether a file is the manifest of another file and not a delivery itself."""
    return path.suffix == ".yml"


def profile_of(path: Path, landing: Path, source: str) -> str | None:
    """The profile named by the sub-folder of a waiting file, if any."""
    if not path.is_relative_to(landing / source):
        return None
    parts = path.relative_to(landing / source).parts
    return parts[0] if len(parts) > 1 else None
