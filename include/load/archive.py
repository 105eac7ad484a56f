"""Delivered files kept in the archive: copied there whole, and only then removed from the drop folder.

A loader that is killed at any step leaves the file in the drop folder, in the archive, or in both; then it is
a duplicate, or judged again.
"""

import hashlib
import os
import re
import shutil
from pathlib import Path

from include.load.drop_folder import Fingerprint
from include.sources.manifest import manifest_path

# What a file name may have (255), less the hash before it and ".reason.txt" behind it.
_NAME_BYTES = 200
_CHUNK = 1024 * 1024


def keep(file: Fingerprint, archive: Path, reason: str | None) -> Path | None:
    """Copy a delivered file (and its manifest) to ``archive``, with the reason when it was refused.

    The kept name begins with the content's hash, so two files of one name cannot overwrite each other and no
    name can lead out of the folder. A name that stands there stands for a whole file. None when the file is
    no longer the one that was hashed: it is another delivery now.
    """
    archive.mkdir(parents=True, exist_ok=True)
    safe_name = re.sub(r"[^\w.-]", "_", file.shown_name).encode()[-_NAME_BYTES:].decode(errors="ignore")
    kept = archive / f"{file.sha256[:12]}_{safe_name}"
    if file.manifest_sha256:
        beside = manifest_path(file.path), manifest_path(kept)
        if not _copy(*beside, file.manifest_sha256):
            return None
    if not _copy(file.path, kept, file.sha256):
        return None
    if reason:
        kept.with_name(f"{kept.name}.reason.txt").write_text(f"{reason}\n", encoding="utf-8")
    _write_through(archive)
    return kept


def remove(file: Fingerprint) -> None:
    """Take a kept file, then its manifest, out of the drop folder, unless it changed since it was hashed."""
    if file.has_changed():
        return
    file.path.unlink()
    if file.manifest_sha256:
        manifest_path(file.path).unlink(missing_ok=True)


def _copy(path: Path, to: Path, sha256: str) -> bool:
    """Whether ``to`` is now a copy of ``path`` that is on the disk and has the hash ``sha256``.

    The drop folder and the archive may be on two file systems, between which nothing can be renamed.
    """
    unfinished = to.with_name(f"{to.name}.part")
    with path.open("rb") as source, unfinished.open("w+b") as copy:
        shutil.copyfileobj(source, copy, _CHUNK)
        copy.flush()
        os.fsync(copy.fileno())
        copy.seek(0)
        is_same = hashlib.file_digest(copy, "sha256").hexdigest() == sha256
    if is_same:
        unfinished.replace(to)
    else:
        unfinished.unlink()
    return is_same


def _write_through(folder: Path) -> None:
    """Have the names in a folder on the disk, too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
