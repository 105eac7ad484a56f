"""Many small files in one call of the command line: one mill and one day each."""

import datetime as dt
import shutil
import time
from collections import Counter

from bench import ours
from bench.timing import Results, Run, median, say
from include.demo import synthetic

SOURCE = "enterprise_orders"
_FILES = 400
_LINES_PER_FILE = 50
_FEWEST = 10  # mills that make a cluster
_SCALE = 36  # of the generator, for about 50 lines per mill and day
_DAY = dt.date(2020, 10, 1)  # the first of a month: the generator then writes a single day


def measure(run: Run) -> Results:
    """Median seconds of ``textile load`` with all files, from start to end of its one process."""
    folder = run.settings.home / "small_files"
    wanted = max(min(_FILES, run.lines // _LINES_PER_FILE), _FEWEST)
    say(f"generating {wanted} small files")
    synthetic.generate(folder, months=1, enterprises=wanted, scale=_SCALE, last_day=_DAY)
    paths = sorted((folder / SOURCE).iterdir())
    took: list[float] = []
    rows = 0
    for turn in range(run.rounds):
        say(f"`textile load` of {len(paths)} small files: turn {turn + 1} of {run.rounds}")
        begin = time.perf_counter()
        loaded = ours.textile("load", SOURCE, *paths)["files"]
        took.append(time.perf_counter() - begin)
        assert [file["status"] for file in loaded] == ["accepted"] * wanted
        rows = sum(file["rows_in"] for file in loaded)
        ours.empty(run.settings, SOURCE)
    shutil.rmtree(folder)
    kinds = Counter(path.suffix.removeprefix(".") for path in paths)
    return {"files": wanted, "kinds": dict(kinds), "rows": rows, "load_s": median(took)}
