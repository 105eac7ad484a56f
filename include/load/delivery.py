"""One delivered file on its way: taken up, read into the load table, accepted or refused, put aside."""

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
    """A file with what is known of it so far."""

    file: drop_folder.Fingerprint
    mapping: Profile
    result: FileResult
    manifest: Manifest = field(default_factory=Manifest)
    unknown_columns: tuple[str, ...] = ()
    removed: int = 0

    @property
    def load_id(self) -> int:
        """Its row of ops.load; every delivery but a nameless failure has one."""
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

    def readable(self, of: Contract, scratch: Path) -> read.DeliveredFile:
        """The file with all that says how to read it."""
        return read.DeliveredFile(self.file.path, of, self.mapping, self.manifest, scratch)

    def start_over(self) -> None:
        """Forget the result of a validation that was undone."""
        self.result = FileResult(self.load_id, self.result.file, self.result.sha256, "running")

    def refuse_if_changed(self) -> None:
        """Refuse a file that was written to since it was hashed: what was read is no longer what is there."""
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
    """Take up a file: a duplicate of an accepted one is known here, anything else opens a load."""
    mapping, wrong = canonical(source), ""
    shown_profile = profile_name and cleaned(profile_name)
    try:
        with file_guard.of_file(f"profile {shown_profile}"):
            mapping = profile(profile_name, source) if profile_name else mapping
    except (ContractError, UnreadableFileError) as error:
        wrong = str(error)
    read_by = mapping.sha256 if profile_name else ""
    if known := (not file.problem and load_log.accepted_load(connection, source, file, read_by)):
        result = FileResult(known, file.shown_name, file.sha256, "duplicate")
        result.message = f"the same bytes were accepted as load {known}; nothing to do"
        return Delivery(file, mapping, result)
    load_id = load_log.begin(connection, source, shown_profile, file, run_id, read_by)
    delivery = Delivery(file, mapping, FileResult(load_id, file.shown_name, file.sha256, "running"))
    if file.problem:
        delivery.refuse([file.problem.rule], str(file.problem))
    elif wrong:
        delivery.refuse(["profile_wrong"], wrong)
    return delivery


def copy_in(
    connection: psycopg.Connection, table: load_table.LoadTable, delivery: Delivery, scratch: Path
) -> None:
    """COPY one file into the load table; a file that cannot be read leaves no row there."""
    of, result, counts = table.contract, delivery.result, ReadCounts()
    unknown: dict[str, None] = {}

    def noted() -> Iterable[read.Block]:
        for block in read.blocks(delivery.readable(of, scratch), counts):
            unknown.update(dict.fromkeys(block.unknown_columns))
            yield block

    try:
        with file_guard.of_file(result.file):
            delivery.manifest = manifest(delivery.file.path, of)
            with connection.transaction():
                result.rows_in = load_table.copy_blocks(connection, table, delivery.load_id, noted())
                delivery.file.require_unchanged()
    except UnreadableFileError as error:
        delivery.refuse([error.rule], str(error))
    delivery.unknown_columns = tuple(map(cleaned, unknown))
    result.skipped = {cleaned(reason): rows for reason, rows in counts.skipped.items()}
    result.repairs = dict(counts.repairs)


def put_aside(settings: Settings, connection: psycopg.Connection, source: str, delivery: Delivery) -> None:
    """Write the verdict, then keep the file, so that a crash between the two loses neither.

    A file that changed since it was read stays where it is: it is another delivery now. So does one that
    could not be taken up: runs pass over it until it is no longer what ``left_as`` says.
    """
    result, file = delivery.result, delivery.file
    if result.status != "duplicate":
        load_log.finish(connection, result, left_as=file.left_as or None)
    if file.problem or file.has_changed():
        return
    reason = result.message if result.status == "refused" else None
    try:
        with file_guard.of_file(result.file, "kept"):
            kept = archive.keep(file, settings.home / "archive" / source / result.status, reason)
            if kept:
                load_log.note_kept(connection, delivery.load_id, str(kept.relative_to(settings.home)))
                if file.path.is_relative_to(settings.landing_dir.resolve()):
                    archive.remove(file)
    except UnreadableFileError as error:
        # Its verdict stands, and it is where it was: the next run finds it and tries again.
        log.info("%s: %s; it stays where it is, the next run tries again", source, error)


def describe(source: str, result: FileResult) -> str:
    """One line for the log."""
    counts = (
        f"{result.rows_in} rows = {result.accepted} accepted + {result.unchanged} unchanged"
        f" + {result.quarantined} quarantined"
    )
    said = counts if result.status == "accepted" else result.message
    return f"{source}: {result.file}: {result.status}: {said}"
