"""One delivered file: begin its load, read it into the load table, record its verdict, archive it."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from include.errors import ContractError, UnreadableFileError
from include.load import archive, drop_folder, file_guard, load_log
from include.load.load_log import FileResult
from include.settings import Settings
from include.sources import read
from include.sources.contract import Contract
from include.sources.counts import ReadCounts
from include.sources.manifest import Manifest, manifest
from include.sources.plain_text import cleaned
from include.sources.profile import Profile, canonical, profile
from include.warehouse import load_table

log = logging.getLogger(__name__)


@dataclass
class Delivery:
    """A file with what is known about it so far."""

    file: drop_folder.Fingerprint
    mapping: Profile
    result: FileResult
    manifest: Manifest = field(default_factory=Manifest)
    unknown_columns: tuple[str, ...] = ()
    removed: int = 0

    @property
    def load_id(self) -> int:
        """Its row of ops.load; AssertionError for a delivery without one."""
        if self.result.load_id is None:
            raise AssertionError("a delivery has a load_id from its beginning")
        return self.result.load_id

    @property
    def is_running(self) -> bool:
        """Whether there is no verdict on it yet."""
        return self.result.status == "running"

    def refuse(self, rules: list[str], message: str) -> None:
        """Give the verdict ``refused``: no row of the file enters."""
        self.result.status, self.result.failed_rules = "refused", rules
        self.result.message = cleaned(message.replace(self.file.path.name, self.result.file))
        self.result.accepted = self.result.unchanged = self.result.quarantined = 0

    def to_delivered_file(self, of: Contract, scratch: Path) -> read.DeliveredFile:
        """The file with its contract, profile and manifest."""
        return read.DeliveredFile(self.file.path, of, self.mapping, self.manifest, scratch)

    def reset(self) -> None:
        """Discard the result of a validation that was rolled back."""
        self.result = FileResult(self.load_id, self.result.file, self.result.sha256, "running")

    def refuse_if_changed(self) -> None:
        """Refuse a file that was written to since it was hashed."""
        try:
            self.file.require_unchanged()
        except UnreadableFileError as error:
            self.refuse([error.rule], str(error))


def begin(
    connection: psycopg.Connection,
    source: str,
    file: drop_folder.Fingerprint,
    profile_name: str | None,
    run_id: str | None,
) -> Delivery:
    """Open a load for a file, unless it is a duplicate of an accepted one."""
    mapping, profile_error = canonical(source), ""
    profile_label = profile_name and cleaned(profile_name)
    try:
        with file_guard.of_file(f"profile {profile_label}"):
            mapping = profile(profile_name, source) if profile_name else mapping
    except (ContractError, UnreadableFileError) as error:
        profile_error = str(error)
    read_by = mapping.sha256 if profile_name else ""
    if known := (not file.problem and load_log.accepted_load(connection, source, file, read_by)):
        result = FileResult(known, file.display_name, file.sha256, "duplicate")
        result.message = f"the same bytes were accepted as load {known}; nothing to do"
        return Delivery(file, mapping, result)
    load_id = load_log.begin(connection, source, profile_label, file, run_id, read_by)
    delivery = Delivery(file, mapping, FileResult(load_id, file.display_name, file.sha256, "running"))
    if file.problem:
        delivery.refuse([file.problem.rule], str(file.problem))
    elif profile_error:
        delivery.refuse(["profile_wrong"], profile_error)
    return delivery


def copy_in(
    connection: psycopg.Connection, table: load_table.LoadTable, delivery: Delivery, scratch: Path
) -> None:
    """COPY one file into the load table; no row of it is inserted when it cannot be read."""
    of, result, counts = table.contract, delivery.result, ReadCounts()
    unknown: dict[str, None] = {}

    def read_blocks() -> Iterable[read.Block]:
        for block in read.blocks(delivery.to_delivered_file(of, scratch), counts):
            unknown.update(dict.fromkeys(block.unknown_columns))
            yield block

    try:
        with file_guard.of_file(result.file):
            delivery.manifest = manifest(delivery.file.path, of)
            with connection.transaction():
                result.rows_in = load_table.copy_blocks(connection, table, delivery.load_id, read_blocks())
                delivery.file.require_unchanged()
    except UnreadableFileError as error:
        delivery.refuse([error.rule], str(error))
    delivery.unknown_columns = tuple(map(cleaned, unknown))
    result.skipped = {cleaned(reason): rows for reason, rows in counts.skipped.items()}
    result.repairs = dict(counts.repairs)


def record_and_archive(
    settings: Settings, connection: psycopg.Connection, source: str, delivery: Delivery
) -> None:
    """Record the verdict, then archive the file, so that a crash between the two loses neither.

    A file that changed since it was read stays in the drop folder: it is another delivery now. A file that
    could not be loaded stays there too: runs skip it while its ``left_as`` is the same.
    """
    result, file = delivery.result, delivery.file
    if result.status != "duplicate":
        load_log.finish(connection, result, left_as=file.left_as or None)
    if file.problem or file.has_changed():
        return
    reason = result.message if result.status == "refused" else None
    try:
        with file_guard.of_file(result.file, "archived"):
            archived = archive.store(file, settings.home / "archive" / source / result.status, reason)
            if archived:
                load_log.record_archived(
                    connection, delivery.load_id, str(archived.relative_to(settings.home))
                )
                if file.path.is_relative_to(settings.landing_dir.resolve()):
                    archive.remove(file)
    except UnreadableFileError as error:
        log.info("%s: %s; its verdict is recorded, and the next run tries again", source, error)


def describe(source: str, result: FileResult) -> str:
    """One line for the log."""
    counts = (
        f"{result.rows_in} rows = {result.accepted} accepted + {result.unchanged} unchanged"
        f" + {result.quarantined} quarantined"
    )
    details = counts if result.status == "accepted" else result.message
    return f"{source}: {result.file}: {result.status}: {details}"
