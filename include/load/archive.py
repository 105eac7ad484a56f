"""Delivered files are copied to the archive, and only then removed from the drop folder.

A loader that is killed at any step leaves the file in the drop folder, in the archive, or in both; the next
run loads it again or finds a duplicate. Files are removed in two steps, so that nothing is lost when the
sender replaces a file at that moment or the loader is killed: a file is moved to a hidden folder beside it,
and deleted there once its content equals the archived content. The next run finishes a removal that was
interrupted.
"""

import hashlib
import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from include.errors import SetupError
from include.load.drop_folder import Fingerprint, exists, is_manifest
from include.sources.manifest import is_file, is_link, manifest_path

# The longest file name (255 bytes), less the hash before it and ".reason.txt" after it.
_NAME_BYTES = 200
_CHUNK = 1024 * 1024
# The folders of an archive, one per verdict.
_VERDICTS = ("accepted", "refused", "duplicate")
# A folder of a file that is being removed; the hashes of the file and its manifest follow in its name.
_REMOVAL = ".taken-"


def require_writable(archive: Path) -> None:
    """Make a source's folders in the archive; SetupError when one cannot be written."""
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


def store(file: Fingerprint, archive: Path, reason: str | None) -> Path | None:
    """Copy a delivered file (and its manifest) to ``archive``, with the reason when it was refused.

    The archived name begins with the content's hash, so that two files of one name do not overwrite each
    other and no name leads out of the folder. A file in the archive is always complete. None when the content
    is no longer the content that was hashed: then it is another delivery.
    """
    archive.mkdir(parents=True, exist_ok=True)
    safe_name = re.sub(r"[^\w.-]", "_", file.display_name).encode()[-_NAME_BYTES:].decode(errors="ignore")
    archived = archive / f"{file.sha256[:12]}_{safe_name}"
    manifest, sha256 = manifest_path(file.path), file.manifest_sha256
    if sha256 and not _copy(manifest, manifest_path(archived), sha256):
        return None
    if not _copy(file.path, archived, file.sha256):
        return None
    if reason:
        archived.with_name(f"{archived.name}.reason.txt").write_text(f"{reason}\n", encoding="utf-8")
    _sync(archive)
    return archived


def remove(file: Fingerprint) -> None:
    """Remove an archived file and its manifest from the drop folder, unless the content has changed."""
    if file.has_changed():
        return
    prefix = f"{_REMOVAL}{file.sha256}-{file.manifest_sha256}-"
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=file.path.parent))
    # The manifest first: left alone, it would be read as the manifest of the next file of that name.
    if file.manifest_sha256:
        with suppress(FileNotFoundError):
            manifest_path(file.path).rename(manifest_path(folder / file.path.name))
    file.path.rename(folder / file.path.name)
    finish_removal(folder)


def unfinished_removals(landing: Path, source: str) -> list[Path]:
    """Folders of removals that a killed run did not finish; see :func:`finish_removal`."""
    return sorted((landing / source).rglob(f"{_REMOVAL}*"))


def finish_removal(folder: Path) -> None:
    """Delete the archived files of a folder of :func:`unfinished_removals`; move changed files back.

    Call with the source's lock held. A changed file whose name is in use again waits until that name is free.
    """
    _, sha256, manifest_sha256, _ = folder.name.split("-")
    found = sorted(folder.iterdir(), key=lambda path: len(path.name))  # the file before its manifest
    manifests = [path for path in found if manifest_sha256 and is_manifest(path)]
    files = [path for path in found if path not in manifests]
    is_archived = all(_has_hash(f, sha256) for f in files) and all(
        _has_hash(m, manifest_sha256) for m in manifests
    )
    if manifests and not files:  # killed between the two: the file may still be there and need it
        is_archived = is_archived and not _has_hash(folder.parent / manifests[0].stem, sha256)
    if is_archived:
        for path in reversed(found):
            path.unlink()
    else:
        for path in found:
            original = folder.parent / path.name
            if exists(original):
                break
            path.rename(original)
    if not any(folder.iterdir()):
        folder.rmdir()


def _has_hash(path: Path, sha256: str) -> bool:
    """Whether the file has this hash; true for a link, which has no content to lose."""
    if is_link(path):
        return True
    if not is_file(path):
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def _copy(path: Path, to: Path, sha256: str) -> bool:
    """Copy ``path`` to ``to``, written to the disk; False when the content has not the hash ``sha256``.

    The drop folder and the archive may be on two file systems, so the file cannot be renamed.
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


def _sync(folder: Path) -> None:
    """Write the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
