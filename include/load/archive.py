"""Delivered files kept in the archive: copied there whole, and only then removed from the drop folder.

A loader that is killed at any step leaves the file in the drop folder, in the archive, or in both; then it is
a duplicate, or judged again. Files are removed in two steps, so that neither a sender who replaces a file at
that moment nor a kill loses anything: they are moved to a hidden folder beside them, and what is there is
deleted once its content is seen to be what was kept. The next run finishes what a killed one left there.
"""

import hashlib
import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from include.errors import SetupError
from include.load.drop_folder import Fingerprint, is_manifest, is_there
from include.sources.manifest import is_file, is_link, manifest_path

# What a file name may have (255), less the hash before it and ".reason.txt" behind it.
_NAME_BYTES = 200
_CHUNK = 1024 * 1024
# The folders of an archive.
_VERDICTS = ("accepted", "refused", "duplicate")
# A folder of what is being removed; its name goes on with the hashes of the file and its manifest.
_TAKEN = ".taken-"


def require_writable(archive: Path) -> None:
    """Make a source's folders in the archive; SetupError when nothing can be kept there."""
    for verdict in _VERDICTS:
        folder = archive / verdict
        try:
            folder.mkdir(parents=True, exist_ok=True)
            refused = "" if os.access(folder, os.W_OK | os.X_OK, effective_ids=True) else "no right to write"
        except OSError as error:
            refused = error.strerror or str(error)
        if refused:
            raise SetupError(
                f"files cannot be kept in the archive {folder}: {refused}. Nothing was loaded; give the "
                "loader the right to write there"
            )


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
    """Take a kept file and its manifest out of the drop folder; what is no longer what was kept stays."""
    if file.has_changed():
        return
    prefix = f"{_TAKEN}{file.sha256}-{file.manifest_sha256}-"
    taken = Path(tempfile.mkdtemp(prefix=prefix, dir=file.path.parent))
    # The manifest first: left alone under its name, it would complete the next file of that name.
    if file.manifest_sha256:
        with suppress(FileNotFoundError):
            manifest_path(file.path).rename(manifest_path(taken / file.path.name))
    file.path.rename(taken / file.path.name)
    finish(taken)


def left_behind(landing: Path, source: str) -> list[Path]:
    """Folders in which a killed run left what it was removing; see :func:`finish`."""
    return sorted((landing / source).rglob(f"{_TAKEN}*"))


def finish(taken: Path) -> None:
    """Delete what was kept from a folder of :func:`left_behind`; put back what is no longer what was kept.

    Call with the source's lock held. A file whose name has been given to another one waits until
    that is gone.
    """
    _, sha256, manifest_sha256, _ = taken.name.split("-")
    found = sorted(taken.iterdir(), key=lambda path: len(path.name))  # the file before its manifest
    manifests = [path for path in found if manifest_sha256 and is_manifest(path)]
    files = [path for path in found if path not in manifests]
    is_kept = all(_is(f, sha256) for f in files) and all(_is(m, manifest_sha256) for m in manifests)
    if manifests and not files:  # killed between the two: the file may still lie there and need it
        is_kept = is_kept and not _is(taken.parent / manifests[0].stem, sha256)
    if is_kept:
        for path in reversed(found):
            path.unlink()
    else:
        for path in found:
            place = taken.parent / path.name
            if is_there(place):
                break
            path.rename(place)
    if not any(taken.iterdir()):
        taken.rmdir()


def _is(path: Path, sha256: str) -> bool:
    """Whether the file has this hash. A link has no content that could be lost."""
    if is_link(path):
        return True
    if not is_file(path):
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


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
