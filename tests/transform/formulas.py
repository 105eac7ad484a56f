"""Formulas of the dbt project, evaluated alone: a macro is rendered and PostgreSQL computes it."""

from functools import cache
from typing import Any

import jinja2
import psycopg

from include.settings import PROJECT_DIR

_FOLDER = PROJECT_DIR / "dbt_project" / "macros" / "formulas"


@cache
def _macros() -> Any:
    source = "\n".join(path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.sql")))
    # Macros may call each other: they are the globals of one template.
    return jinja2.Environment().from_string(source).module  # noqa: S701  (SQL, no page)


@cache
def sql_of(macro: str, *arguments: str) -> str:
    """The SQL expression that a macro of ``macros/formulas`` makes of its arguments (SQL expressions)."""
    return str(getattr(_macros(), macro)(*arguments)).strip()


def evaluate(connection: psycopg.Connection, macro: str, *values: Any) -> Any:
    """One value of a formula for numeric arguments."""
    names = [f"a{n}" for n in range(len(values))]
    columns = ", ".join(f"%s::numeric as {name}" for name in names)
    row = connection.execute(
        f"select {sql_of(macro, *names)} from (select {columns}) as given".encode(), values
    ).fetchone()
    assert row is not None
    return row[0]
