"""Run the queries of dashboards on the candidate.

A mart can pass every rule and still break a dashboard: a removed column, another type, a division by zero.
Each file of ``expectations/saved_queries`` is run with the schema ``candidate`` instead of ``marts``. A query
that fails refuses the release, as a critical rule does.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

import psycopg
import sqlglot
from sqlglot import exp

from include.errors import ContractError
from include.quality.results import RuleResult
from include.settings import PROJECT_DIR
from include.warehouse.connection import scalar

FOLDER = PROJECT_DIR / "expectations" / "saved_queries"
# A view that is not built by dbt, so its schema stays marts.
_RELEASE_INFO = "release_info"
_REMEDY = "Bring back what it reads, or name the changed mart anew (_v2) and change the query too"
_REMEDY_ZH = "请恢复它所读的内容，或将变动后的数据表另名为 _v2，并连同看板一起修改查询"


def replay(connection: psycopg.Connection, restricted: Collection[str], folder: Path) -> list[RuleResult]:
    """Run every saved query of ``folder`` on the candidate, read-only and with bi_reader's time limit.

    ``restricted``: marts that bi_reader may not read; a query over one of them fails here as it would there.
    """
    limit = scalar(
        connection,
        "select split_part(setting, '=', 2) from pg_roles, unnest(rolconfig) as setting"
        " where rolname = 'bi_reader' and setting like 'statement_timeout=%'",
    )
    functions: dict[str, str] = dict(
        connection.execute(
            "select proname, prosrc from pg_proc where pronamespace = 'marts'::regnamespace and proretset"
        ).fetchall()
    )

    def error(path: Path) -> str | None:
        try:
            query = on_candidate(path.read_text(encoding="utf-8"), restricted, functions)
            _run(connection, query, limit)
        except (ContractError, psycopg.Error) as error:
            return str(error).strip()
        return None

    return [_result(path, error(path)) for path in sorted(folder.glob("*.sql"))]


def on_candidate(query: str, restricted: Collection[str], functions: Mapping[str, str]) -> str:
    """The query with ``candidate`` instead of ``marts``, otherwise unchanged.

    ``functions``: functions of marts that return rows -> their bodies, which replace the calls, as they read
    marts too. ContractError when it is not one query, or reads what bi_reader may not read.
    """
    for name, body in functions.items():
        query = re.sub(rf"\bmarts\.{name}\(\)", f"({body.strip()})".replace("\\", r"\\"), query)
    try:
        statements = sqlglot.parse(query, read="postgres")
    except sqlglot.errors.SqlglotError as error:
        raise ContractError(f"cannot be read: {str(error).splitlines()[0]}") from error
    (tree,) = statements if len(statements) == 1 else (None,)
    if not isinstance(tree, exp.Query):
        raise ContractError("must be one select")
    names = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if not table.db and (table.name in names or not isinstance(table.this, exp.Identifier)):
            continue  # a CTE, or a function of PostgreSQL that returns rows
        if table.db.lower() != "marts":
            raise ContractError(f"reads {table.sql('postgres')}: dashboards read the schema marts only")
        if table.name.lower() in restricted:
            raise ContractError(f"reads marts.{table.name}, which is restricted: bi_reader may not")
    # Columns can be qualified with the schema too.
    named = [(node, node.args["db"]) for node in tree.find_all(exp.Table, exp.Column) if node.args.get("db")]
    places = [
        (schema.meta["start"], schema.meta["end"] + 1)
        for node, schema in named
        if (node.table if isinstance(node, exp.Column) else node.name) != _RELEASE_INFO
    ]
    for start, end in sorted(places, reverse=True):
        query = f"{query[:start]}candidate{query[end:]}"
    return query


def _run(connection: psycopg.Connection, query: str, limit: str) -> None:
    with connection.transaction():
        connection.execute("set transaction read only")
        connection.execute("select set_config('statement_timeout', %s, true)", [limit])
        connection.execute(query.encode()).fetchall()


def _result(path: Path, error: str | None) -> RuleResult:
    file = f"{path.parent.parent.name}/{path.parent.name}/{path.name}"
    return RuleResult(
        suite="saved_queries",
        rule=f"saved_query_{path.stem}",
        level="release",
        severity="critical",
        expectation="saved_query",
        column=None,
        success=error is None,
        unexpected_count=None,
        zh=f"看板查询 {file} 必须能在候选数据上运行" + ("" if error is None else f"：{error}。{_REMEDY_ZH}"),
        en=f"the dashboard's query {file} must run on the candidate"
        + ("" if error is None else f": {error}. {_REMEDY}"),
        rows_query=None,
        details={} if error is None else {"file": file, "error": error},
    )
