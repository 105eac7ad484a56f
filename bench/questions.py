"""The twenty questions of docs/questions, asked as analyst of the larger history of section ``publish``."""

import time

from bench.timing import Results, Run, median, say
from include.settings import PROJECT_DIR, Role
from include.warehouse.connection import connect

_FOLDER = PROJECT_DIR / "docs" / "questions"
_TIMES = 5


def measure(run: Run) -> Results:
    """Median milliseconds of each question, warm, and its rows; on the warehouse that ``publish`` leaves."""
    milliseconds, rows = {}, {}
    with connect(run.settings, Role.ANALYST, autocommit=True) as connection:
        for path in sorted(_FOLDER.glob("*.sql")):
            query = path.read_bytes()
            rows[path.stem] = len(connection.execute(query).fetchall())  # warms the cache
            found = []
            for _ in range(_TIMES):
                begin = time.perf_counter()
                connection.execute(query).fetchall()
                found.append(1000 * (time.perf_counter() - begin))
            milliseconds[path.stem] = median(found)
            say(f"{path.stem}: {milliseconds[path.stem]:.1f} ms, {rows[path.stem]} rows")
    return {"slowest_ms": max(milliseconds.values()), "milliseconds": milliseconds, "rows": rows}
