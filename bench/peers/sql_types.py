"""Column types for the peers that speak SQLAlchemy."""

import re

import sqlalchemy as sa

_TYPES = {
    "text": sa.Text(),
    "integer": sa.Integer(),
    "bigint": sa.BigInteger(),
    "date": sa.Date(),
    "timestamptz": sa.DateTime(timezone=True),
}


def sql_type(kind):
    """The SQLAlchemy type of one of PostgreSQL's."""
    decimal = re.fullmatch(r"numeric\((\d+),(\d+)\)", kind)
    return sa.Numeric(int(decimal[1]), int(decimal[2])) if decimal else _TYPES[kind]
