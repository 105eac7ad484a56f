"""``ops.release_change``: what each release changed, and the difference between two releases.

dbt computes the changes (int_releases__changes). They are stored with the release, because later code and
rates would compute others.
"""

import logging
from typing import Any

import psycopg
from psycopg.rows import dict_row

from include.errors import ExplainError
from include.settings import Role, Settings
from include.transform.dbt_manifest import Mart
from include.warehouse.connection import connect

log = logging.getLogger(__name__)


def record_mart(connection: psycopg.Connection, mart: Mart) -> None:
    """Record the key and the inputs of a mart, which ``ops.release_diff`` reads."""
    connection.execute(
        "insert into ops.mart (mart, key_columns, inputs) values (%s, %s, %s)"
        " on conflict (mart) do update set key_columns = excluded.key_columns, inputs = excluded.inputs",
        [mart.name, list(mart.key), list(mart.inputs)],
    )


def record(connection: psycopg.Connection, release_id: int) -> None:
    """Store the changes that dbt computed for the release that is being published."""
    connection.execute(
        "insert into ops.release_change (release_id, basis, load_id, kind, month, enterprise_uscc,"
        " product_group, market_group, market_code, line_count, value_cny)"
        " select %s, basis, load_id, kind, month, enterprise_uscc, product_group, market_group, market_code,"
        " line_count, value_cny from intermediate.int_releases__changes",
        [release_id],
    )


def diff(settings: Settings, a: int, b: int, mart: str | None = None) -> list[dict[str, Any]]:
    """Every cell that differs between releases ``a`` and ``b``, with the parts of its change.

    One row per cell, release in between and cause, as ``ops.release_diff`` returns them: ``value_from`` and
    ``value_to`` are the values in ``a`` and ``b``, and the parts of a cell add up to their difference.
    ExplainError when a release or the mart does not exist.
    """
    with connect(settings, Role.PUBLISHER) as connection:
        # One snapshot for all marts: retention may drop releases meanwhile.
        connection.execute("set transaction isolation level repeatable read")
        cursor = connection.cursor(row_factory=dict_row)
        known = [name for (name,) in connection.execute("select mart from ops.mart order by mart")]
        found = []
        for name in [mart] if mart else known or [None]:
            statement = "select * from ops.release_diff(%s::bigint, %s::bigint, %s)"
            try:
                found += cursor.execute(statement, [a, b, name]).fetchall()
            except psycopg.errors.InvalidParameterValue as error:
                raise ExplainError(str(error.diag.message_primary)) from error
            log.info("compared %s", name)
    return found
