"""dlt: record batches of pyarrow, loaded as CSV by COPY, its fastest way into PostgreSQL.

Job on stdin, JSON on stdout. Telemetry is off before dlt is imported. Times without a zone become UTC here.
"""

import json
import os
import re
import sys
import time
from pathlib import Path

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "CRITICAL"

import dlt
import pyarrow as pa
from pyarrow import csv

ARROW_TYPES = {
    "text": pa.string(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us"),
}


def arrow_type(kind):
    """The Arrow type of one of PostgreSQL's."""
    decimal = re.fullmatch(r"numeric\((\d+),(\d+)\)", kind)
    return pa.decimal128(int(decimal[1]), int(decimal[2])) if decimal else ARROW_TYPES[kind]


job = json.load(sys.stdin)


@dlt.resource(name=job["table"], write_disposition="append")
def items():
    """The file, block by block."""
    with csv.open_csv(
        job["file"],
        read_options=csv.ReadOptions(
            encoding=job["encoding"],
            column_names=[name for _, name, _ in job["columns"]],
            skip_rows=1,
            block_size=2**26,
        ),
        convert_options=csv.ConvertOptions(
            column_types={name: arrow_type(kind) for _, name, kind in job["columns"]},
            strings_can_be_null=True,
        ),
    ) as reader:
        yield from reader


begin = time.perf_counter()
pipeline = dlt.pipeline(
    "bench",
    pipelines_dir=str(Path.cwd()),
    destination=dlt.destinations.postgres(job["dsn"]),
    dataset_name=job["schema"],
)
pipeline.run(items(), loader_file_format="csv").raise_on_failed_jobs()
print(json.dumps({"seconds": time.perf_counter() - begin, "version": dlt.__version__}))
