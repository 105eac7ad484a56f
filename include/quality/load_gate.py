"""The load gate: which rows and which files of a batch may enter the warehouse."""

import importlib
from dataclasses import dataclass, field

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
    connection: psycopg.Connection, gate: Gate, table: LoadTable, load_ids: list[int], vouched: list[int]
) -> Verdict:
    """Validate a batch: row rules fill ``table.rejects``, file rules name the loads to refuse.

    ``vouched`` are the loads whose manifest says that the download is complete.
    """
    from expectations import files as file_rules
    from expectations.rules import ROW_INDEX

    contract = table.contract
    verdict = Verdict(gate.validate("load", table.name, _row_suite(contract), ROW_INDEX))
    for result in verdict.results:
        if result.level == "row" and not result.success:
            failing = _rows_query(result).replace("%", "%%")
            connection.execute(
                f"insert into {table.rejects} select distinct _load_id, _line_no, %s, %s"
                f" from ({failing}) as failing".encode(),
                [result.rule, result.column],
            )
    _keep_first_causes(connection, table)
    connection.execute(
        f"""
        insert into {table.files}
        select load_id, count(r._line_no), count(x._line_no),
            count(x._line_no)::numeric / nullif(count(r._line_no), 0),
            case when %(limit)s::bigint is not null and not load_id = any(%(vouched)s)
                then count(r._line_no) end
        from unnest(%(loads)s::bigint[]) as load_id
        left join {table.rows} as r on r._load_id = load_id
        left join (select distinct _load_id, _line_no from {table.rejects}) as x
            on x._load_id = r._load_id and x._line_no = r._line_no
        group by load_id
        """.encode(),
        {"limit": contract.download_limit, "vouched": vouched, "loads": load_ids},
    )
    suite = file_rules.files(contract.download_limit)
    for result in gate.validate("load", f"{table.name}_files", suite, file_rules.FILE_INDEX):
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


def _row_suite(contract: Contract) -> object:
    return getattr(importlib.import_module(f"expectations.{contract.source}"), contract.source)()


def _keep_first_causes(connection: psycopg.Connection, table: LoadTable) -> None:
    """Where a value could not be read, say that and not that it is missing as well."""
    connection.execute(
        f"delete from {table.rejects} as r using {table.rejects} as cause"
        " where cause._load_id = r._load_id and cause._line_no = r._line_no"
        " and ((cause.rule = 'row_is_whole' and r.rule <> 'row_is_whole')"
        "   or (r.column_name || '_required' = r.rule and cause.rule = r.column_name || '_readable'))"
    )


def broken_rules(connection: psycopg.Connection, table: LoadTable, load_id: int) -> dict[str, int]:
    """Row rules that a load's rows broke, with the number of rows, commonest first."""
    rows = connection.execute(
        f"select rule, count(*) from {table.rejects}"
        " where _load_id = %s group by rule order by 2 desc, 1".encode(),
        [load_id],
    )
    return {rule: int(count) for rule, count in rows}
