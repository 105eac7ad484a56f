"""Validate and load a batch of files: one load table, one validation, one transaction for all verdicts."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

from include.errors import UnreadableFileError
from include.load import compare_with_raw, file_guard, load_enterprises, load_log, merge_into_raw, quarantine
from include.load.delivery import Delivery, copy_in
from include.quality import gate as quality
from include.quality import load_gate
from include.quality.results import RuleResult, record
from include.settings import Role, Settings
from include.sources import read
from include.sources.contract import Contract
from include.warehouse import load_table

log = logging.getLogger(__name__)


def validate_and_load(
    settings: Settings, connection: psycopg.Connection, of: Contract, deliveries: list[Delivery]
) -> None:
    """Validate the deliveries, load the accepted ones and set every verdict.

    When the validation of several files fails with an error, each is tried alone, and the file that causes
    the error is refused: no file may delay the others.
    """
    table = load_table.create(connection, of, deliveries[0].load_id)
    for delivery in deliveries:
        copy_in(connection, table, delivery, scratch(settings, of))
    read_in = [d for d in deliveries if d.is_running]
    to_retry: list[Delivery] = []
    if read_in:
        rows = sum(d.result.rows_in for d in read_in)
        log.info("%s: %s rows of %s file(s) read", of.source, f"{rows:,}", len(read_in))
        try:
            _validate_and_merge(connection, settings, table, read_in)
        except (*file_guard.CAUSED_BY_CONTENT, UnreadableFileError, quality.GateError) as error:
            cause = error.__cause__ if isinstance(error, quality.GateError) else error
            if not isinstance(cause, (*file_guard.CAUSED_BY_CONTENT, UnreadableFileError)):
                raise
            if len(read_in) == 1:
                why = file_guard.refusal(cause, read_in[0].result.file, "validated")
                read_in[0].refuse([why.rule], str(why))
            else:
                log.info(
                    "%s: the files cannot be validated together (%s); each is tried alone", of.source, error
                )
                to_retry = read_in
    load_table.drop(connection, table)
    for delivery in to_retry:
        delivery.reset()
        validate_and_load(settings, connection, of, [delivery])


def scratch(settings: Settings, of: Contract) -> Path:
    """The folder in which archives of a source are unpacked; each run clears it first."""
    return settings.home / "unpacked" / of.source


def _validate_and_merge(
    connection: psycopg.Connection,
    settings: Settings,
    table: load_table.LoadTable,
    deliveries: list[Delivery],
) -> None:
    """Compare and validate; every verdict of the batch is committed in one transaction."""
    load_table.finish(connection, table)
    loads = [d.load_id for d in deliveries]
    confirmed_complete = [d.load_id for d in deliveries if d.manifest.complete]
    with ThreadPoolExecutor(max_workers=1) as thread:
        # The comparison runs on the server, the validation mostly in this process.
        comparing = thread.submit(_compare, connection, table, loads)
        gate = quality.Gate(settings.dsn(Role.LOADER), quality.docs_dir(settings.home, "load", table.name))
        verdict = load_gate.validate(connection, gate, table, confirmed_complete, comparing.result)
        writing = thread.submit(gate.write_docs)
        _record_verdicts(connection, settings, table, deliveries, verdict, writing.result)


def _compare(connection: psycopg.Connection, table: load_table.LoadTable, loads: list[int]) -> None:
    compare_with_raw.compare(connection, table, loads)
    compare_with_raw.mark_ambiguous(connection, table)
    compare_with_raw.mark_unmet(connection, table)


def _record_verdicts(
    connection: psycopg.Connection,
    settings: Settings,
    table: load_table.LoadTable,
    deliveries: list[Delivery],
    verdict: load_gate.Verdict,
    docs_written: Callable[[], Path],
) -> None:
    loads = [d.load_id for d in deliveries]
    reasons = {r.rule: (r.zh, r.en) for r in verdict.results if r.level == "row"}
    unpacked = scratch(settings, table.contract)
    with connection.transaction():
        record(connection, "load", verdict.results, first_load_id=min(loads), last_load_id=max(loads))
        for delivery in deliveries:
            delivery.refuse_if_changed()
            if broken := verdict.refused.get(delivery.load_id, []):
                _refuse_by_rules(connection, table, delivery, broken, reasons, unpacked)
        accepted = [d for d in deliveries if d.is_running]
        _merge(connection, table, accepted)
        for delivery in accepted:
            if delivery.result.quarantined:
                _quarantine(connection, table, delivery, reasons, unpacked)
        if accepted:
            quarantine.resolve(connection, table, [d.load_id for d in accepted])
            load_enterprises.record(connection, table, [d.result for d in accepted])
        docs = docs_written()
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
    delivery: Delivery,
    broken: list[RuleResult],
    reasons: quarantine.Reasons,
    unpacked: Path,
) -> None:
    """Refuse a file and name the row rules that its rows broke."""
    by_rule = load_gate.broken_rules(connection, table, delivery.load_id)
    why = "; ".join(f"{r.en} / {r.zh}" for r in broken)
    if by_rule:
        why += " — " + ", ".join(f"{rule}: {count} rows" for rule, count in by_rule.items())
        if not delivery.file.has_changed():
            lines = quarantine.rejected_lines(connection, table, delivery.load_id, quarantine.REFUSED_ROWS)
            try:
                with file_guard.of_file(delivery.result.file), connection.transaction():
                    records = read.records(delivery.to_delivered_file(table.contract, unpacked), lines)
                    quarantine.insert_refused(connection, table, delivery.load_id, records, reasons)
            except UnreadableFileError as error:
                why += f" — its rows cannot be listed: {error}"
    delivery.refuse([r.rule for r in broken] + list(by_rule), f"{delivery.result.file}: {why}")
    load_enterprises.record_refused(connection, table, delivery.load_id)


def _merge(connection: psycopg.Connection, table: load_table.LoadTable, deliveries: list[Delivery]) -> None:
    """Merge all accepted files of a batch together, or one after the other where a file replaces a slice."""
    groups = [[d] for d in deliveries] if table.contract.slice else [deliveries]
    for group in filter(None, groups):
        counts = merge_into_raw.merge(
            connection, table, [d.load_id for d in group], group[0].manifest.filtered_by
        )
        for delivery in group:
            result, count = delivery.result, counts[delivery.load_id]
            result.status = "accepted"
            result.accepted, result.unchanged = count.accepted, count.unchanged
            result.quarantined = count.quarantined
            delivery.removed = count.removed


def _quarantine(
    connection: psycopg.Connection,
    table: load_table.LoadTable,
    delivery: Delivery,
    reasons: quarantine.Reasons,
    unpacked: Path,
) -> None:
    lines = quarantine.rejected_lines(connection, table, delivery.load_id)
    with file_guard.of_file(delivery.result.file):
        records = read.records(delivery.to_delivered_file(table.contract, unpacked), lines)
        quarantine.insert(connection, table, delivery.load_id, delivery.result.file, records, reasons)
    delivery.result.failed_rules = list(load_gate.broken_rules(connection, table, delivery.load_id))
