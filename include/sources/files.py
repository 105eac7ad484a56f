"""Delivered files: finding them in the drop folder, knowing them again, keeping them."""

import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from include.errors import SetupError
from include.sources.profile import manifest_path

_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")


@dataclass(frozen=True)
class Fingerprint:
    """A file is known by its content, and by the manifest that completes it; never by its name."""

    path: Path
    sha256: str
    manifest_sha256: str
    size_bytes: int

    @property
    def shown_name(self) -> str:
        """The file's name for logs and tables: no folder, no control characters."""
        return re.sub(r"[\x00-\x1f\x7f]", "?", self.path.name.encode(errors="replace").decode())


def fingerprint(path: Path) -> Fingerprint:
    """Hash a file and its manifest; SetupError when it is not there or not readable."""
    try:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        beside = manifest_path(path)
        said = hashlib.sha256(beside.read_bytes()).hexdigest() if beside.is_file() else ""
        return Fingerprint(path, content, said, path.stat().st_size)
    except OSError as error:
        raise SetupError(f"{path}: cannot be read: {error.strerror}") from error


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
    """Whether a file completes another one rather than being a delivery itself."""
    return path.suffix == ".yml" and path.with_suffix("").is_file()


def profile_of(path: Path, landing: Path, source: str) -> str | None:
    """The profile named by the sub-folder a waiting file lies in, if any."""
    if not path.is_relative_to(landing / source):
        return None
    parts = path.relative_to(landing / source).parts
    return parts[0] if len(parts) > 1 else None


def keep(file: Fingerprint, landing: Path, archive: Path, reason: str | None) -> Path:
    """Keep a delivered file (and its manifest) under ``archive``, with the reason when it was refused.

    What lay in the drop folder is moved, anything else is copied. The kept name begins with the content's
    hash, so two files of one name cannot overwrite each other and no name can lead out of the folder.
    """
    archive.mkdir(parents=True, exist_ok=True)
    safe_name = re.sub(r"[^\w.-]", "_", file.shown_name)[-100:]
    kept = archive / f"{file.sha256[:12]}_{safe_name}"
    move = file.path.is_relative_to(landing)
    for path, to in ((file.path, kept), (manifest_path(file.path), manifest_path(kept))):
        if path.is_file():
            if move:
                shutil.move(path, to)
            else:
                shutil.copyfile(path, to)
    if reason:
        kept.with_name(f"{kept.name}.reason.txt").write_text(f"{reason}\n", encoding="utf-8")
    return kept
