"""The way of the data: file, load, gate, raw, dbt, gate, release. The DAGs and the command line call this."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import psycopg

from include.errors import ContractError, UnreadableFileError
from include.quality import gate as quality
from include.quality import load_gate
from include.quality.results import RuleResult, record
from include.settings import Role, Settings
from include.sources import files, read
from include.sources.contract import Contract, contract
from include.sources.profile import Manifest, Profile, canonical, manifest, profile
from include.warehouse import accept, load_log, load_table
from include.warehouse.connection import connect, exclusive
from include.warehouse.load_log import FileResult

# Small files share one audit: a Great Expectations run costs about a second, whatever it looks at.
BATCH_BYTES = 256 * 1024**2
BATCH_FILES = 1000

Say = Callable[[str], None]


@dataclass
class _Delivery:
    """One file on its way through the gate."""

    file: files.Fingerprint
    profile_name: str | None
    result: FileResult
    manifest: Manifest = field(default_factory=Manifest)
    encoding: str | None = None
    unknown_columns: tuple[str, ...] = ()
    removed: int = 0


def load_files(
    settings: Settings,
    source: str,
    paths: Iterable[Path],
    profile_name: str | None = None,
    run_id: str | None = None,
    say: Say = lambda _: None,
) -> list[FileResult]:
    """Load files of one source in the order given; each is accepted, refused or a duplicate.

    A refused file does not stop the others. Two callers for one source take turns.
    """
    of = contract(source)
    if profile_name:
        profile(profile_name, source)  # a slip of the pen is the caller's, no reason to refuse files
    landing = settings.landing_dir.resolve()
    places = [files.located(path) for path in paths]
    waiting = [
        (place, profile_name or files.profile_of(place, landing, source))
        for place in places
        if not (files.is_manifest(place) and place.with_suffix("") in places)
    ]
    results: list[FileResult] = []
    with (
        connect(settings, Role.LOADER, autocommit=True) as connection,
        exclusive(connection, f"load.{source}"),
    ):
        if crashed := load_log.recover(connection, source):
            say(f"{source}: cleared {crashed} load(s) that a stopped process had left behind")
        while waiting:
            batch, waiting = _next_batch(waiting, landing)
            results += _load_batch(settings, connection, of, batch, run_id, say)
    return results


def _next_batch(
    waiting: list[tuple[Path, str | None]], landing: Path
) -> tuple[list[tuple[files.Fingerprint, str | None]], list[tuple[Path, str | None]]]:
    """Files for one audit; the same bytes never twice in one batch."""
    batch: list[tuple[files.Fingerprint, str | None]] = []
    contents: set[tuple[str, str]] = set()
    size = 0
    for position, (path, name) in enumerate(waiting):
        file = files.fingerprint(path, landing)
        content = (file.sha256, file.manifest_sha256)
        size += file.size_bytes
        if batch and (content in contents or size > BATCH_BYTES or len(batch) == BATCH_FILES):
            return batch, waiting[position:]
        batch.append((file, name))
        contents.add(content)
    return batch, []


def _load_batch(
    settings: Settings,
    connection: psycopg.Connection,
    of: Contract,
    batch: list[tuple[files.Fingerprint, str | None]],
    run_id: str | None,
    say: Say,
) -> list[FileResult]:
    deliveries = [_begin(connection, of.source, file, name, run_id) for file, name in batch]
    running = [d for d in deliveries if d.result.status == "running"]
    if running:
        table = load_table.create(connection, of, _load_id(running[0]))
        for delivery in running:
            _read(connection, table, delivery)
        audited = [d for d in running if d.result.status == "running"]
        if audited:
            say(
                f"{of.source}: {sum(d.result.rows_in for d in audited):,} rows of {len(audited)} file(s) read"
            )
            _audit_and_accept(connection, settings, table, audited)
        load_table.drop(connection, table)
    for delivery in deliveries:
        _keep(settings, connection, of.source, delivery)
        say(_line(of.source, delivery.result))
    return [d.result for d in deliveries]


def _load_id(delivery: _Delivery) -> int:
    if delivery.result.load_id is None:
        raise AssertionError("a running load has an id")
    return delivery.result.load_id


def _begin(
    connection: psycopg.Connection,
    source: str,
    file: files.Fingerprint,
    profile_name: str | None,
    run_id: str | None,
) -> _Delivery:
    if file.problem:
        load_id = load_log.begin(connection, source, profile_name, file, run_id)
        delivery = _Delivery(file, profile_name, FileResult(load_id, file.shown_name, "", "running"))
        _refuse(delivery.result, ["file_unreadable"], f"{file.shown_name}: {file.problem}")
        return delivery
    known = load_log.accepted_load(connection, source, file)
    if known:
        result = FileResult(known, file.shown_name, file.sha256, "duplicate")
        result.message = f"the same bytes were accepted as load {known}; nothing to do"
        return _Delivery(file, profile_name, result)
    load_id = load_log.begin(connection, source, profile_name, file, run_id)
    return _Delivery(file, profile_name, FileResult(load_id, file.shown_name, file.sha256, "running"))


def _read(connection: psycopg.Connection, table: load_table.LoadTable, delivery: _Delivery) -> None:
    """COPY one file into the load table; a file that cannot be read leaves no row there."""
    of, result = table.contract, delivery.result
    try:
        delivery.manifest = manifest(delivery.file.path, of)
        mapping = _profile(delivery.profile_name, of.source)

        def noted() -> Iterable[read.Block]:
            for block in read.blocks(delivery.file.path, of, mapping, delivery.manifest):
                delivery.encoding, delivery.unknown_columns = block.encoding, block.unknown_columns
                yield block

        with connection.transaction():
            result.rows_in = load_table.copy_blocks(connection, table, _load_id(delivery), noted())
            delivery.file.require_unchanged()
    except UnreadableFileError as error:
        _refuse(result, [error.rule], str(error).replace(delivery.file.path.name, result.file))
    except ContractError as error:
        _refuse(result, ["profile_wrong"], str(error))
    except (OSError, pl.exceptions.PolarsError, psycopg.DataError) as error:
        # Whatever a file holds must not keep the other files of its source waiting.
        _refuse(result, ["file_unreadable"], f"{result.file}: cannot be read: {error}")


def _profile(name: str | None, source: str) -> Profile:
    return profile(name, source) if name else canonical(source)


def _refuse(result: FileResult, rules: list[str], message: str) -> None:
    result.status, result.failed_rules, result.message = "refused", rules, message
    result.accepted = result.unchanged = result.quarantined = 0


def _audit_and_accept(
    connection: psycopg.Connection,
    settings: Settings,
    table: load_table.LoadTable,
    deliveries: list[_Delivery],
) -> None:
    """Both halves of the load gate; every verdict of the batch becomes true in one transaction."""
    load_table.finish(connection, table)
    loads = [_load_id(d) for d in deliveries]
    audit = quality.Gate(settings.dsn(Role.LOADER), quality.docs_dir(settings.home, "load", table.name))
    vouched = [_load_id(d) for d in deliveries if d.manifest.complete]
    verdict = load_gate.audit(connection, audit, table, loads, vouched)
    docs = audit.write_docs()
    with connection.transaction():
        record(connection, "load", verdict.results, first_load_id=min(loads), last_load_id=max(loads))
        for delivery in deliveries:
            if broken := verdict.refused.get(_load_id(delivery), []):
                _refuse_by_rules(connection, table, delivery, broken)
        good = [d for d in deliveries if d.result.status == "running"]
        _accept(connection, table, good)
        row_rules = [r for r in verdict.results if r.level == "row"]
        for delivery in good:
            if delivery.result.quarantined:
                _quarantine(connection, table, delivery, row_rules)
        for delivery in deliveries:
            load_log.finish(
                connection,
                delivery.result,
                unknown_columns=list(delivery.unknown_columns),
                removed=delivery.removed,
                docs_path=str(docs.relative_to(settings.home)),
            )


def _refuse_by_rules(
    connection: psycopg.Connection,
    table: load_table.LoadTable,
    delivery: _Delivery,
    broken: list[RuleResult],
) -> None:
    """Refuse a file and say which row rules its rows broke, so that the sender knows where to look."""
    by_rule = load_gate.broken_rules(connection, table, _load_id(delivery))
    reasons = "; ".join(f"{r.en} / {r.zh}" for r in broken)
    if by_rule:
        reasons += " — " + ", ".join(f"{rule}: {count} rows" for rule, count in by_rule.items())
    _refuse(delivery.result, [r.rule for r in broken] + list(by_rule), f"{delivery.result.file}: {reasons}")


def _accept(connection: psycopg.Connection, table: load_table.LoadTable, deliveries: list[_Delivery]) -> None:
    """All good files of a batch at once, except where a file replaces a slice: there one after the other."""
    groups = [[d] for d in deliveries] if table.contract.slice else [deliveries]
    for group in filter(None, groups):
        counts = accept.accept(connection, table, [_load_id(d) for d in group], group[0].manifest.filtered_by)
        for delivery in group:
            result, count = delivery.result, counts[_load_id(delivery)]
            result.status = "accepted"
            result.accepted, result.unchanged = count.accepted, count.unchanged
            result.quarantined = count.quarantined
            delivery.removed = count.removed


def _quarantine(
    connection: psycopg.Connection,
    table: load_table.LoadTable,
    delivery: _Delivery,
    rules: list[RuleResult],
) -> None:
    lines = load_gate.rejected_lines(connection, table, _load_id(delivery))
    raw = read.raw_records(delivery.file.path, delivery.encoding, lines)
    load_gate.quarantine(connection, table, _load_id(delivery), delivery.result.file, raw, rules)
    delivery.result.failed_rules = list(load_gate.broken_rules(connection, table, _load_id(delivery)))


def _keep(settings: Settings, connection: psycopg.Connection, source: str, delivery: _Delivery) -> None:
    """Put the file aside and close loads that never reached the audit."""
    result = delivery.result
    folder = settings.home / "archive" / source / result.status
    reason = result.message if result.status == "refused" else None
    kept = None
    if files.STILL_WRITTEN not in result.failed_rules:
        kept = files.keep(delivery.file, settings.landing_dir.resolve(), folder, reason)
    if result.status != "duplicate":
        kept_path = str(kept.relative_to(settings.home)) if kept else None
        load_log.finish(connection, result, kept_path=kept_path)


def _line(source: str, result: FileResult) -> str:
    counts = (
        f"{result.rows_in} rows = {result.accepted} accepted + {result.unchanged} unchanged"
        f" + {result.quarantined} quarantined"
    )
    said = counts if result.status == "accepted" else result.message
    return f"{source}: {result.file}: {result.status}: {said}"
