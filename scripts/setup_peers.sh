#!/bin/sh
# Make .venv-bench, the Python of what `make bench` compares itself with; does nothing when it is there already.
# The peers have an environment of their own so that none of their packages can move one of ours.
set -eu
cd "$(dirname "$0")/.."
lock=requirements/bench.txt
log=.venv-bench/install.log
unset PYTHONPATH PYTHONHOME
export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore PIP_REQUIRE_VIRTUALENV=0

mark="$(cksum < "$lock") $PWD"
[ "$(cat .venv-bench/packages.mark 2> /dev/null)" = "$mark" ] && .venv-bench/bin/python -c '' 2> /dev/null && exit 0

echo "setup: installing the bench's peers ($lock) into .venv-bench, about half a minute"
rm -rf .venv-bench
mkdir .venv-bench
if .venv/bin/python -m venv .venv-bench > "$log" 2>&1 &&
    .venv-bench/bin/python -m pip install --progress-bar off --require-hashes --no-deps --only-binary :all: \
        -r "$lock" >> "$log" 2>&1; then
    echo "$mark" > .venv-bench/packages.mark
    exit 0
fi
tail -n 5 "$log" >&2
echo "setup: the peers cannot be installed (everything pip said is in $log): the bench goes on without them" >&2
