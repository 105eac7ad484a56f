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
    """The gate's word on one batch; ``refused`` maps a load to the file rules it broke."""

    results: list[RuleResult]
    refused: dict[int, list[RuleResult]] = field(default_factory=dict)


def audit(
    connection: psycopg.Connection,
    gate: Gate,
    table: LoadTable,
    load_ids: list[int],
    vouched: list[int],
    findings_complete: Callable[[], object],
) -> Verdict:
    """Validate a batch: row rules fill ``table.rejects``, file rules name the loads to refuse.

    ``vouched`` are the loads whose manifest says that the download is complete. ``findings_complete`` is
    called before the findings are looked at, and returns once they are all there.
    """
    from expectations import files as file_rules
    from expectations.rules import FINDINGS, ROW_INDEX

    contract = table.contract
    suite = _row_suite(contract)
    results = gate.validate("load", table.name, _part(suite, None), ROW_INDEX)
    findings_complete()
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
        insert into {table.files}
        select load_id, rows_in, rejected_rows, rejected_rows::numeric / nullif(rows_in, 0),
            case when %(limit)s::bigint is not null and not load_id = any(%(vouched)s) then rows_in end
        from (
            select load_id, coalesce(i.count, 0) as rows_in, coalesce(x.count, 0) as rejected_rows
            from unnest(%(loads)s::bigint[]) as load_id
            left join (select _load_id, count(*) from {table.rows} group by _load_id) as i
                on i._load_id = load_id
            left join (
                select _load_id, count(distinct _line_no) from {table.rejects} group by _load_id
            ) as x on x._load_id = load_id
        ) as counted
        """.encode(),
        {"limit": contract.download_limit, "vouched": vouched, "loads": load_ids},
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
    """The query of a broken rule's rows; without one the rule would refuse nothing."""
    if result.rows_query is None:
        raise GateError(
            f"rule {result.rule} of {result.suite} is broken but names no rows: declare it otherwise"
        )
    return result.rows_query


def _row_suite(contract: Contract) -> Any:
    return getattr(importlib.import_module(f"expectations.{contract.source}"), contract.source)()


def _part(suite: Any, on: str | None) -> Any:
    """The rules of a suite that look at the findings, or at the rows themselves (None)."""
    return type(suite)(
        name=suite.name, expectations=[e for e in suite.expectations if e.meta.get("on") == on]
    )


def _keep_first_causes(connection: psycopg.Connection, table: LoadTable) -> None:
    """Where a row is no line, or a value could not be read, say that and not what else follows from it."""
    connection.execute(
        f"delete from {table.rejects} as r using {table.rejects} as cause"
        " where cause._load_id = r._load_id and cause._line_no = r._line_no and cause.rule <> r.rule"
        " and (cause.rule = any(array['row_is_whole', 'row_is_no_total', 'row_is_no_header'])"
        " or cause.rule = regexp_replace(r.rule, '_required$', '_readable')"
        " or cause.rule = regexp_replace(r.rule, '_(digits|check)$', '_intact'))"
    )


def rejected_lines(connection: psycopg.Connection, table: LoadTable, load_id: int) -> dict[int, int | None]:
    """Line numbers of a load's refused rows, each with that of the row after it."""
    rows = connection.execute(
        f"select _line_no, next_line_no from ("
        f" select _line_no, lead(_line_no) over (order by _line_no) as next_line_no"
        f" from {table.rows} where _load_id = %(load)s) as numbered"
        f" where exists (select 1 from {table.rejects} as r"
        f" where r._load_id = %(load)s and r._line_no = numbered._line_no)".encode(),
        {"load": load_id},
    )
    return dict(rows.fetchall())


def broken_rules(connection: psycopg.Connection, table: LoadTable, load_id: int) -> dict[str, int]:
    """Row rules that a load's rows broke, with the number of rows, commonest first."""
    rows = connection.execute(
        f"select rule, count(*) from {table.rejects}"
        " where _load_id = %s group by rule order by 2 desc, 1".encode(),
        [load_id],
    )
    return {rule: int(count) for rule, count in rows}


def quarantine(
    connection: psycopg.Connection,
    table: LoadTable,
    load_id: int,
    file_name: str,
    raw_lines: dict[int, str],
    rules: list[RuleResult],
) -> None:
    """Copy a load's refused rows to ops.quarantine, each with all its reasons and its line as delivered."""
    connection.execute("create temporary table raw_line (line_no bigint, raw_line text) on commit drop")
    with connection.cursor().copy("copy raw_line from stdin") as copy:
        for line in raw_lines.items():
            copy.write_row(line)
    connection.execute(
        f"""
        insert into ops.quarantine
            (load_id, line_no, source, file_name, rule_codes, reason_zh, reason_en, raw_line, row_values)
        select i._load_id, i._line_no, %(source)s, %(file)s, x.codes, x.zh, x.en, l.raw_line,
            to_jsonb(i) - array['_load_id', '_line_no', '_delivered_on']
        from {table.rows} as i
        inner join (
            select r._line_no, array_agg(r.rule order by k.position) as codes,
                string_agg(k.zh, '；' order by k.position) as zh,
                string_agg(k.en, '; ' order by k.position) as en
            from {table.rejects} as r
            inner join unnest(%(rules)s::text[], %(zh)s::text[], %(en)s::text[])
                with ordinality as k (rule, zh, en, position) using (rule)
            where r._load_id = %(load)s
            group by r._line_no
        ) as x using (_line_no)
        left join raw_line as l on l.line_no = i._line_no
        where i._load_id = %(load)s
        """,
        {
            "source": table.contract.source,
            "file": file_name,
            "load": load_id,
            "rules": [r.rule for r in rules],
            "zh": [r.zh for r in rules],
            "en": [r.en for r in rules],
        },
    )
    connection.execute("drop table raw_line")
