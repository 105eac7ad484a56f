"""One large customs file: raw COPY, read + COPY, the whole gated load, and the same rows delivered again."""

import shutil
from collections import defaultdict

from bench import files, ours
from bench.raw_copy import raw_copy_s
from bench.timing import Results, Run, median, ratio, say, seconds

_AGAIN = "utf-8"


def measure(run: Run) -> Results:
    """Median seconds of each way, and their ratios to raw COPY of the same bytes; all take turns."""
    settings, lines, source = run.settings, run.lines, files.SOURCE
    folder = settings.home / "load"
    folder.mkdir()
    first = files.make(folder / "declarations.csv", lines)
    again = files.rewritten(first, "declarations_again.csv")
    size = first.stat().st_size
    took: dict[str, list[float]] = defaultdict(list)
    for turn in range(run.rounds):
        say(f"load of {lines:,} lines ({size / 1e6:.0f} MB): turn {turn + 1} of {run.rounds}")
        took["raw_copy_s"].append(raw_copy_s(settings, first, files.ENCODING, lines))
        took["read_and_copy_s"].append(seconds(lambda: ours.read_and_copy(settings, source, first), lines))
        took["gated_load_s"].append(seconds(lambda: ours.load(settings, source, first), lines))
        took["raw_copy_again_s"].append(raw_copy_s(settings, again, _AGAIN, lines))
        took["redelivery_s"].append(seconds(lambda: ours.load_again(settings, source, again), lines))
        ours.empty(settings, source)
    shutil.rmtree(folder)
    result = {name: median(values) for name, values in took.items()}
    return {
        "bytes": size,
        **result,
        "read_and_copy_ratio": ratio(result["read_and_copy_s"], result["raw_copy_s"]),
        "gated_load_ratio": ratio(result["gated_load_s"], result["raw_copy_s"]),
        "redelivery_ratio": ratio(result["redelivery_s"], result["raw_copy_again_s"]),
    }
