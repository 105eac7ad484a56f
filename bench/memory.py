"""Peak memory of ``textile load``, the real command line, with a large file and with one of a tenth of it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from bench import files, ours
from bench.timing import Results, Run, ratio, say

_BYTES_PER_LINE = 1000  # of the bench's lines: 2 GB with 2,000,000
_TIMES = 10
_PEAK = Path(__file__).with_name("peak.py")


def measure(run: Run) -> Results:
    """Peak resident memory in GiB with both files, and their ratio: near 1 means that it is flat.

    Once each: memory is not as noisy as time. Only the client process counts, not the database server.
    """
    folder = run.settings.home / "memory"
    folder.mkdir()
    result: Results = {}
    for size, times in (("small", 1), ("large", _TIMES)):
        wanted = run.lines * _BYTES_PER_LINE * times // _TIMES
        path = files.make_sized(folder / f"{size}.csv", run.lines, wanted)
        written = path.stat().st_size
        say(f"peak memory of `textile load` with {written / 1e9:.3g} GB")
        peak = _peak(path)
        result[f"{size}_gb"] = round(written / 1e9, 3)
        result[f"{size}_s"] = round(peak["seconds"], 1)
        result[f"{size}_peak_gib"] = round(peak["peak_bytes"] / 1024**3, 3)
        path.unlink()
        ours.empty(run.settings, files.SOURCE)
    shutil.rmtree(folder)
    return {**result, "growth": ratio(result["large_peak_gib"], result["small_peak_gib"])}


def _peak(path: Path) -> Results:
    command = [sys.executable, str(_PEAK), *ours.command("load", files.SOURCE, path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: Results = json.loads(done.stdout)
    assert answer["exit_code"] == 0, done.stderr[-2000:]
    return answer
