"""pandas: read_csv, then to_sql with its default method. Job on stdin, JSON on stdout."""

import json
import sys
import time

import pandas as pd
import sqlalchemy as sa
from sql_types import sql_type

job = json.load(sys.stdin)
names = {header: name for header, name, _ in job["columns"]}
types = {name: kind for _, name, kind in job["columns"]}
engine = sa.create_engine(job["dsn"].replace("postgresql://", "postgresql+psycopg://"))
begin = time.perf_counter()
table = pd.read_csv(
    job["file"],
    encoding=job["encoding"],
    dtype={header: "str" for header, _, kind in job["columns"] if kind == "text"},
    parse_dates=[header for header, _, kind in job["columns"] if kind in ("date", "timestamptz")],
).rename(columns=names)
table.to_sql(
    job["table"],
    engine,
    schema=job["schema"],
    index=False,
    chunksize=10_000,
    dtype={name: sql_type(kind) for name, kind in types.items()},
)
print(json.dumps({"seconds": time.perf_counter() - begin, "version": pd.__version__}))
