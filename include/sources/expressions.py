"""The expressions of a profile: SQL over the values of one row, named by the file's headers.

sqlglot parses them, polars evaluates them. polars alone would also accept a subquery, and with it a table
function that opens any file of this machine. So only the kinds of nodes below are allowed, and polars gets
the SQL that sqlglot writes from the checked tree.
"""

from collections.abc import Iterator

import polars as pl
import sqlglot
from sqlglot import exp

from include.errors import ContractError

# Plain operations on the values of one row. Anything else (subqueries, tables, windows, other functions) is
# refused.
_ALLOWED = (
    *(exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Boolean, exp.Paren, exp.Tuple),
    *(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.DPipe),
    *(exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE),
    *(exp.Is, exp.In, exp.Between, exp.Like, exp.ILike, exp.StartsWith),
    *(exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Cast, exp.TryCast, exp.DataType, exp.DataTypeParam),
    *(
        exp.Concat,
        exp.Upper,
        exp.Lower,
        exp.Trim,
        exp.Length,
        exp.Replace,
        exp.Substring,
        exp.Left,
        exp.Right,
    ),
    *(exp.Abs, exp.Round),
)
_INEXACT = (exp.DType.FLOAT, exp.DType.DOUBLE)  # an amount is never a float
_DIALECT = "duckdb"  # polars accepts its spelling of all of the above
_MOST_CHARACTERS = 1_000
_MOST_REPLACEMENTS = 5
FUNCTIONS = (
    "CASE, COALESCE, NULLIF, CAST, TRY_CAST, CONCAT, UPPER, LOWER, TRIM, LENGTH, REPLACE, SUBSTR, LEFT, "
    "RIGHT, ABS, ROUND, LIKE, IN, BETWEEN, + - * / ||"
)


def compiled(expression: str) -> pl.Expr:
    """The expression for polars; ContractError when it is not an allowed expression."""
    if len(expression) > _MOST_CHARACTERS:
        raise ContractError(f"{expression[:60]!r}... is longer than {_MOST_CHARACTERS:,} characters")
    try:
        tree = sqlglot.parse_one(expression, read=_DIALECT)
    except (sqlglot.errors.SqlglotError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise ContractError(f"{expression!r} is not an expression: {reason}") from error
    if sum(1 for _ in tree.find_all(exp.Replace)) > _MOST_REPLACEMENTS:
        raise ContractError(
            f"{expression!r}: more than {_MOST_REPLACEMENTS} REPLACE can make a text grow without end"
        )
    for node in tree.walk():
        if type(node) not in _ALLOWED or node.is_type(*_INEXACT):
            raise ContractError(
                f"{expression!r}: {node.sql(_DIALECT)!r} is not allowed in a profile; use column names "
                f"and {FUNCTIONS}"
            )
    try:
        return pl.sql_expr(tree.sql(_DIALECT))
    except pl.exceptions.PolarsError as error:
        raise ContractError(f"{expression!r} cannot be evaluated: {error}") from error


def results(expression: str) -> set[str]:
    """The literal texts that an expression may return: alone, or as a result of CASE or COALESCE."""
    return {literal.this for literal in _results(sqlglot.parse_one(expression, read=_DIALECT))}


def _results(node: exp.Expr | None) -> Iterator[exp.Literal]:
    if isinstance(node, exp.Literal):
        yield node
    elif isinstance(node, exp.Case):
        for given in (*node.args["ifs"], node.args.get("default")):
            yield from _results(given)
    elif isinstance(node, exp.If):  # also a branch of CASE
        for given in (node.args["true"], node.args.get("false")):
            yield from _results(given)
    elif isinstance(node, exp.Coalesce):
        for given in (node.this, *node.expressions):
            yield from _results(given)
    elif isinstance(node, exp.Paren | exp.Nullif):
        yield from _results(node.this)


def columns_of(expression: str) -> set[str]:
    """The headers that an expression reads."""
    return {column.name for column in sqlglot.parse_one(expression, read=_DIALECT).find_all(exp.Column)}
