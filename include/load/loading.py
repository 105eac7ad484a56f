"""Load files of one source, in batches; the DAGs and the command line call this.

batch.py loads a batch, delivery.py one file.
"""

import logging
import shutil
from collections.abc import Iterable
from pathlib import Path

import psycopg

from include.errors import UnreadableFileError
from include.load import archive, delivery, drop_folder, file_guard, load_log
from include.load.batch import scratch, validate_and_load
from include.load.load_log import FileResult
from include.settings import Role, Settings
from include.sources.contract import Contract, contract
from include.sources.profile import profile
from include.warehouse.connection import connect, exclusive

log = logging.getLogger(__name__)

# Small files share one validation: a Great Expectations run takes about a second, however few rows it checks.
BATCH_BYTES = 256 * 1024**2
BATCH_FILES = 1000


def load_files(
    settings: Settings,
    source: str,
    paths: Iterable[Path],
    profile_name: str | None = None,
    run_id: str | None = None,
) -> list[FileResult]:
    """Load files of one source in the order given; each is accepted, refused or a duplicate.

    A refused file does not stop the others. SetupError when the archive cannot be written; then no file is
    loaded. Two callers for one source take turns. A run (``run_id``) skips a file that an earlier run refused
    and left in the drop folder, as long as nobody has changed it.
    """
    of = contract(source)
    if profile_name:
        profile(profile_name, source)  # a typing error here is the caller's, no reason to refuse files
    landing = settings.landing_dir.resolve()
    resolved = [drop_folder.resolve_folder(path) for path in paths]
    waiting = [
        (path, profile_name or drop_folder.profile_of(path, landing, source))
        for path in resolved
        if not (drop_folder.is_manifest(path) and path.with_suffix("") in resolved)
    ]
    results: list[FileResult] = []
    with (
        connect(settings, Role.LOADER, autocommit=True) as connection,
        exclusive(connection, f"load.{source}"),
    ):
        archive.require_writable(settings.home / "archive" / source)
        if crashed := load_log.recover(connection, source):
            log.info("%s: closed %s load(s) that a stopped process had not finished", source, crashed)
        _finish_removals(landing, source)
        shutil.rmtree(scratch(settings, of), ignore_errors=True)
        while waiting:
            batch, waiting = _next_batch(waiting, landing)
            to_load: list[tuple[drop_folder.Fingerprint, str | None]] = []
            for file, name in batch:
                if file.problem and not drop_folder.exists(file.path):
                    results.append(_removed(file))
                    log.info(delivery.describe(source, results[-1]))
                elif not (run_id and _is_left(connection, source, file)):
                    to_load.append((file, name))
            results += _load_batch(settings, connection, of, to_load, run_id)
    return results


def _finish_removals(landing: Path, source: str) -> None:
    """Finish the removals from the drop folder that a killed loader had begun."""
    for folder in archive.unfinished_removals(landing, source):
        try:
            with file_guard.of_file(folder.name, "removed"):
                archive.finish_removal(folder)
        except UnreadableFileError as error:
            log.info("%s: %s; it stays in %s, the next run tries again", source, error, folder.parent)


def _next_batch(
    waiting: list[tuple[Path, str | None]], landing: Path
) -> tuple[list[tuple[drop_folder.Fingerprint, str | None]], list[tuple[Path, str | None]]]:
    """Files for one validation, without two of the same content."""
    batch: list[tuple[drop_folder.Fingerprint, str | None]] = []
    contents: set[tuple[str, str]] = set()
    size = 0
    for position, (path, name) in enumerate(waiting):
        file = drop_folder.fingerprint(path, landing)
        content = (file.sha256, file.manifest_sha256)
        size += file.size_bytes
        if batch and (content in contents or size > BATCH_BYTES or len(batch) == BATCH_FILES):
            return batch, waiting[position:]
        batch.append((file, name))
        if not file.problem:
            contents.add(content)
    return batch, []


def _is_left(connection: psycopg.Connection, source: str, file: drop_folder.Fingerprint) -> bool:
    """Whether an earlier run refused this file and left it in the drop folder."""
    left = load_log.left_load(connection, source, file) if file.left_as else None
    if left:
        log.info("%s: %s: is still in the drop folder as load %s refused it", source, file.display_name, left)
    return left is not None


def _removed(file: drop_folder.Fingerprint) -> FileResult:
    """The result for a file that was removed before it was read; it is not recorded."""
    message = f"{file.display_name}: was removed before it could be read; the load log says if it was loaded"
    return FileResult(None, file.display_name, "", "refused", failed_rules=["file_gone"], message=message)


def _load_batch(
    settings: Settings,
    connection: psycopg.Connection,
    of: Contract,
    batch: list[tuple[drop_folder.Fingerprint, str | None]],
    run_id: str | None,
) -> list[FileResult]:
    deliveries = [delivery.begin(connection, of.source, file, name, run_id) for file, name in batch]
    if running := [d for d in deliveries if d.is_running]:
        validate_and_load(settings, connection, of, running)
    for done in deliveries:
        delivery.record_and_archive(settings, connection, of.source, done)
        log.info(delivery.describe(of.source, done.result))
    return [d.result for d in deliveries]
