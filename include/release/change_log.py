"""``ops.release_change``: what each release changed, and the difference between two releases.

dbt computes the changes (int_releases__changes) with the code that values everything else; a release keeps
them, so that they are those of its own code and rates for ever.
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


def describe(connection: psycopg.Connection, mart: Mart) -> None:
    """Note what ``ops.release_diff`` has to know of a mart."""
    connection.execute(
        "insert into ops.mart (mart, key_columns, inputs) values (%s, %s, %s)"
        " on conflict (mart) do update set key_columns = excluded.key_columns, inputs = excluded.inputs",
        [mart.name, list(mart.key), list(mart.inputs)],
    )


def keep(connection: psycopg.Connection, release_id: int) -> None:
    """Keep what dbt computed for the release that is being published."""
    connection.execute(
        "insert into ops.release_change (release_id, basis, load_id, kind, month, enterprise_uscc,"
        " product_group, market_group, market_code, line_count, value_cny)"
        " select %s, basis, load_id, kind, month, enterprise_uscc, product_group, market_group, market_code,"
        " line_count, value_cny from intermediate.int_releases__changes",
        [release_id],
    )


def diff(settings: Settings, a: int, b: int, mart: str | None = None) -> list[dict[str, Any]]:
    """Every cell that releases ``a`` and ``b`` show otherwise, with the parts of its change.

    One row per cell, release in between and cause, as ``ops.release_diff`` gives them: ``value_from`` and
    ``value_to`` are those of ``a`` and ``b``, and the parts of a cell add up to their difference.
    ExplainError when a release or the mart is not there.
    """
    with connect(settings, Role.PUBLISHER) as connection:
        # All marts as of one moment, whatever retention drops meanwhile.
        connection.execute("set transaction isolation level repeatable read")
        cursor = connection.cursor(row_factory=dict_row)
        known = [name for (name,) in connection.execute("select mart from ops.mart order by mart")]
        found = []
        for asked in [mart] if mart else known or [None]:
            statement = "select * from ops.release_diff(%s::bigint, %s::bigint, %s)"
            try:
                found += cursor.execute(statement, [a, b, asked]).fetchall()
            except psycopg.errors.InvalidParameterValue as error:
                raise ExplainError(str(error.diag.message_primary)) from error
            log.info("compared %s", asked)
    return found
