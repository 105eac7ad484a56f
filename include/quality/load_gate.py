"""The load gate: which rows and which files of a batch may enter the warehouse."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from include.quality.gate import Gate, GateError
from include.quality.results import RuleResult
from include.sources.contract import Contract
from include.warehouse.load_table import LoadTable


@dataclass
class Verdict:
    """The result for one batch; ``refused``: load -> the file rules that it failed."""

    results: list[RuleResult]
    refused: dict[int, list[RuleResult]] = field(default_factory=dict)


def validate(
    connection: psycopg.Connection,
    gate: Gate,
    table: LoadTable,
    confirmed_complete: list[int],
    wait_for_findings: Callable[[], object],
) -> Verdict:
    """Validate a batch: row rules fill ``table.rejects``, file rules name the loads to refuse.

    ``confirmed_complete``: the loads whose manifest declares the download complete. ``wait_for_findings`` is
    called before the findings are validated, and returns once they are all written.
    """
    from expectations import file_rules
    from expectations.rules import FINDINGS, ROW_INDEX

    contract = table.contract
    suite = _row_suite(contract)
    results = gate.validate("load", table.name, _part(suite, None), ROW_INDEX)
    wait_for_findings()
    results += gate.validate("load", f"{table.name}_findings", _part(suite, FINDINGS), ROW_INDEX)
    declared = [e.meta["rule"] for e in suite.expectations]
    verdict = Verdict(sorted(results, key=lambda result: declared.index(result.rule)))
    for result in verdict.results:
        if result.level == "row" and not result.success:
            failing = _rows_query(result).replace("%", "%%")
            connection.execute(
                f"insert into {table.rejects} select distinct _load_id, _line_no, %s"
                f" from ({failing}) as failing".encode(),
                [result.rule],
            )
    _keep_first_causes(connection, table)
    connection.execute(
        f"""
        update {table.files} as f
        set rejected_rows = counted.rejected_rows,
            rejected_share = counted.rejected_rows::numeric / nullif(f.rows_in, 0),
            unconfirmed_download_rows = case
                when %(limit)s::bigint is not null and not f.load_id = any(%(confirmed_complete)s)
                then f.largest_table
            end
        from (
            select g.load_id, count(distinct x._line_no) as rejected_rows
            from {table.files} as g left join {table.rejects} as x on x._load_id = g.load_id
            group by g.load_id
        ) as counted
        where counted.load_id = f.load_id
        """.encode(),
        {"limit": contract.download_limit, "confirmed_complete": confirmed_complete},
    )
    of_files = file_rules.files(contract.download_limit)
    for result in gate.validate("load", f"{table.name}_files", of_files, file_rules.FILE_INDEX):
        verdict.results.append(result)
        if not result.success:
            failing = f"select load_id from ({_rows_query(result)}) as failing"
            for (load_id,) in connection.execute(failing.encode()):
                verdict.refused.setdefault(load_id, []).append(result)
    return verdict


def _rows_query(result: RuleResult) -> str:
    """The query of a failed rule's rows; GateError when there is none."""
    if result.rows_query is None:
        raise GateError(
            f"rule {result.rule} of {result.suite} is broken but names no rows: declare it otherwise"
        )
    return result.rows_query


def _row_suite(contract: Contract) -> Any:
    return getattr(importlib.import_module(f"expectations.{contract.source}"), contract.source)()


def _part(suite: Any, on: str | None) -> Any:
    """The rules of a suite on the findings, or on the rows themselves (None)."""
    return type(suite)(
        name=suite.name, expectations=[e for e in suite.expectations if e.meta.get("on") == on]
    )


def _keep_first_causes(connection: psycopg.Connection, table: LoadTable) -> None:
    """Where a row is no data line or a value not readable, keep only that rule, not those that follow."""
    connection.execute(
        f"delete from {table.rejects} as r using {table.rejects} as cause"
        " where cause._load_id = r._load_id and cause._line_no = r._line_no and cause.rule <> r.rule"
        " and (cause.rule = any(array['row_is_whole', 'row_is_no_total', 'row_is_no_header'])"
        " or cause.rule = regexp_replace(r.rule, '_required$', '_readable')"
        " or cause.rule = regexp_replace(r.rule, '_(digits|check)$', '_intact'))"
    )


def broken_rules(connection: psycopg.Connection, table: LoadTable, load_id: int) -> dict[str, int]:
    """Row rules that a load's rows failed, with the number of rows, most frequent first."""
    rows = connection.execute(
        f"select rule, count(*) from {table.rejects}"
        " where _load_id = %s group by rule order by 2 desc, 1".encode(),
        [load_id],
    )
    return {rule: int(count) for rule, count in rows}
