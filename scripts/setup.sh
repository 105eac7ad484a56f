#!/bin/sh
# Install .venv as requirements/dev.txt and pyproject.toml say; does nothing when it is up to date.
# `make` calls this before anything that needs Python. PYTHON=/path/to/python chooses the interpreter.
set -eu
cd "$(dirname "$0")/.."
lock=requirements/dev.txt
log=.venv/install.log
unset PYTHONPATH PYTHONHOME
# These override the user's pip.conf.
export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore PIP_REQUIRE_VIRTUALENV=0

# The path is part of the mark because a venv cannot be moved. Written last, so an interrupted step runs again.
packages_mark="$(cksum < "$lock") $PWD"
project_mark="$packages_mark $(cksum < pyproject.toml)"

usable() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2> /dev/null; }

# Sets $python. Each candidate is tried: commands of version managers may exist but not run.
choose_python() {
    incomplete=''
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        usable "$candidate" || continue
        if "$candidate" -c 'import ensurepip, venv' 2> /dev/null; then
            python=$candidate
            return
        fi
        incomplete=$candidate
    done
    if [ -n "$incomplete" ]; then
        echo "setup: $incomplete has no venv module. Install it (Debian, Ubuntu: apt install python3-venv)." >&2
    elif [ -n "${PYTHON:-}" ]; then
        echo "setup: $PYTHON is not a Python 3.11, 3.12 or 3.13 that runs." >&2
    else
        echo "setup: Python 3.11, 3.12 or 3.13 is needed and none is on the PATH. Install one, or name it:" \
            "make PYTHON=/path/to/python3" >&2
    fi
    exit 1
}

progress() {
    if grep -q '^Installing collected' "$log"; then
        echo ', unpacking'
    elif fetched=$(grep -cE '^(Collecting|Processing)' "$log"); then
        echo ", $fetched of about $(grep -c '==' "$lock") packages fetched"
    fi
}

# run_step WHAT COMMAND...: a line at the start, one every 10 s, one at the end; the output goes to the log.
run_step() {
    what=$1
    shift
    start=$(date +%s)
    echo "setup: $what"
    "$@" >> "$log" 2>&1 &
    step=$!
    trap 'kill "$step" 2> /dev/null; echo "setup: interrupted; the next make starts again" >&2; exit 130' INT TERM HUP
    ticks=0
    while kill -0 "$step" 2> /dev/null; do
        sleep 0.5
        ticks=$((ticks + 1))
        if [ $((ticks % 20)) -eq 0 ]; then
            echo "setup:   $(($(date +%s) - start)) s$(progress)"
        fi
    done
    if ! wait "$step"; then
        tail -n 15 "$log" >&2
        echo "setup: failed: $what. The output of pip is in $log. Packages come from the registry that pip is" \
            "set to use (pip config list): is it reachable? Then run the same command again." >&2
        exit 1
    fi
    trap - INT TERM HUP
    echo "setup:   done in $(($(date +%s) - start)) s"
}

[ "$(cat .venv/project.mark 2> /dev/null)" = "$project_mark" ] && .venv/bin/python -c '' 2> /dev/null && exit 0

if [ "$(cat .venv/packages.mark 2> /dev/null)" != "$packages_mark" ] || ! .venv/bin/python -c '' 2> /dev/null; then
    choose_python
    rm -rf .venv
    mkdir .venv
    run_step "creating .venv with $("$python" -c 'import sys; print(sys.executable, sys.version.split()[0])')" \
        "$python" -m venv .venv
    run_step "installing the packages of $lock (about a minute, 1.5 GB on disk)" \
        .venv/bin/python -m pip install --progress-bar off --require-hashes --no-deps --only-binary :all: -r "$lock"
    echo "$packages_mark" > .venv/packages.mark
fi
rm -f .venv/project.mark
run_step "installing this project" .venv/bin/python -m pip install --no-build-isolation --no-deps --no-index -e .
echo "$project_mark" > .venv/project.mark
