"""Run a command and print its peak memory. A script of its own, with next to nothing imported.

A child's ``ru_maxrss`` begins with the memory of the process that started it: from within the bench
it would be the bench's own. Only the command counts here, not the database server that it talks to.
"""

import json
import os
import subprocess
import sys
import time

_UNIT = 1 if sys.platform == "darwin" else 1024  # what getrusage counts in, bytes

begin = time.perf_counter()
with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - pathlib would be the largest import here
    child = subprocess.Popen(sys.argv[1:], stdout=nowhere)
    _, status, usage = os.wait4(child.pid, 0)
answer = {
    "exit_code": os.waitstatus_to_exitcode(status),
    "seconds": time.perf_counter() - begin,
    "peak_bytes": usage.ru_maxrss * _UNIT,
}
print(json.dumps(answer))
