"""pg-bulk-ingest: rows of the csv module to its one function. Job on stdin, JSON on stdout."""

import csv
import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import sqlalchemy as sa
from pg_bulk_ingest import ingest
from sql_types import sql_type

job = json.load(sys.stdin)
metadata = sa.MetaData()
table = sa.Table(
    job["table"],
    metadata,
    *(sa.Column(name, sql_type(kind)) for _, name, kind in job["columns"]),
    schema=job["schema"],
)


def batches(_high_watermark):
    """One batch with all rows, as its documentation shows."""
    with Path(job["file"]).open(encoding=job["encoding"], newline="") as file:
        rows = csv.reader(file)
        next(rows)
        yield None, None, ((table, tuple(value or None for value in row)) for row in rows)


engine = sa.create_engine(job["dsn"].replace("postgresql://", "postgresql+psycopg://"))
begin = time.perf_counter()
with engine.connect() as connection:
    ingest(connection, metadata, batches)
print(json.dumps({"seconds": time.perf_counter() - begin, "version": version("pg-bulk-ingest")}))
