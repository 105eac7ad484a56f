"""Delivered files: finding them in the drop folder, knowing them again, keeping them."""

import hashlib
import os
import re
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from include.errors import UnreadableFileError
from include.sources.manifest import is_file, manifest_path

_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
# The rule of a file that is left where it is: its writer may not be done.
STILL_WRITTEN = "file_still_written"
# What a file name may have (255), less the hash before it and ".reason.txt" behind it.
_NAME_BYTES = 200


@dataclass(frozen=True)
class Fingerprint:
    """A file is known by its content, and by the manifest that completes it; never by its name.

    ``problem`` says why it cannot be read, and is empty when it can.
    """

    path: Path
    sha256: str = ""
    manifest_sha256: str = ""
    size_bytes: int = 0
    modified_ns: int = 0
    problem: str = ""

    @property
    def shown_name(self) -> str:
        """The file's name for logs and tables: no folder, no control characters."""
        return re.sub(r"[\x00-\x1f\x7f]", "?", self.path.name.encode(errors="replace").decode())

    def has_changed(self) -> bool:
        """Whether the file was written to, replaced or taken away since its content was hashed."""
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


def located(path: Path) -> Path:
    """The file's place without ``..`` and linked folders; a link as the file itself stays one."""
    return path.parent.resolve() / path.name


def fingerprint(path: Path, landing: Path) -> Fingerprint:
    """Hash a file and its manifest."""
    if not os.path.lexists(path):
        return Fingerprint(path, problem="there is no such file")
    if path.is_symlink() and path.is_relative_to(landing) and not path.resolve().is_relative_to(landing):
        return Fingerprint(path, problem="a link that leads out of the drop folder; deliver the file itself")
    if not is_file(path):
        return Fingerprint(path, problem="is no regular file")
    try:
        state = path.stat()
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        beside = manifest_path(path)
        said = hashlib.sha256(beside.read_bytes()).hexdigest() if is_file(beside) else ""
    except OSError as error:
        return Fingerprint(path, problem=f"cannot be read: {error.strerror}")
    return Fingerprint(path, content, said, state.st_size, state.st_mtime_ns)


def find(landing: Path, source: str) -> list[Path]:
    """Files waiting for ``source``, oldest first: in its folder, or in a sub-folder named like a profile.

    Hidden files, manifests and names that say "still being written" are left alone.
    """
    folder = landing / source
    files = [
        path
        for path in folder.glob("**/*")
        if path.is_file()
        and not path.name.startswith(".")
        and path.suffix.lower() not in _UNFINISHED
        and not is_manifest(path)
    ]
    return sorted(files, key=lambda p: (p.stat().st_mtime_ns, str(p)))


def is_manifest(path: Path) -> bool:
    """Whether a file completes another one, here already or still to come, rather than being a delivery."""
    return path.suffix == ".yml"


def profile_of(path: Path, landing: Path, source: str) -> str | None:
    """The profile named by the sub-folder a waiting file lies in, if any."""
    if not path.is_relative_to(landing / source):
        return None
    parts = path.relative_to(landing / source).parts
    return parts[0] if len(parts) > 1 else None


def keep(file: Fingerprint, landing: Path, archive: Path, reason: str | None) -> Path | None:
    """Keep a delivered file (and its manifest) under ``archive``, with the reason when it was refused.

    What lay in the drop folder is moved, anything else is copied. The kept name begins with the content's
    hash, so two files of one name cannot overwrite each other and no name can lead out of the folder.
    None when there is nothing that could be kept.
    """
    move = file.path.is_relative_to(landing)
    if file.problem and not (move and _is_file_or_link(file.path)):
        return None
    archive.mkdir(parents=True, exist_ok=True)
    safe_name = re.sub(r"[^\w.-]", "_", file.shown_name).encode()[-_NAME_BYTES:].decode(errors="ignore")
    kept = archive / f"{file.sha256[:12] or uuid.uuid4().hex[:12]}_{safe_name}"
    if reason:
        kept.with_name(f"{kept.name}.reason.txt").write_text(f"{reason}\n", encoding="utf-8")
    if file.problem:
        return file.path.rename(kept)
    for path, to in ((file.path, kept), (manifest_path(file.path), manifest_path(kept))):
        if is_file(path):
            if move and not path.is_symlink():
                shutil.move(path, to)
                continue
            shutil.copyfile(path, to)
            if move:
                path.unlink()
    return kept


def _is_file_or_link(path: Path) -> bool:
    return os.path.lexists(path) and (path.is_symlink() or is_file(path))
