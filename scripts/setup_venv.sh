#!/bin/sh
# setup_venv.sh NAME WHAT: make .venv-NAME from requirements/NAME.txt; does nothing when it is there already.
# For what has an environment of its own so that none of its packages can move one of ours: the bench's peers, Superset.
set -eu
cd "$(dirname "$0")/.."
folder=.venv-${1:?usage: setup_venv.sh NAME WHAT}
what=${2:?usage: setup_venv.sh NAME WHAT}
lock=requirements/$1.txt
log=$folder/install.log
unset PYTHONPATH PYTHONHOME
export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore PIP_REQUIRE_VIRTUALENV=0

mark="$(cksum < "$lock") $PWD"
[ "$(cat "$folder/packages.mark" 2> /dev/null)" = "$mark" ] && "$folder/bin/python" -c '' 2> /dev/null && exit 0

echo "setup: installing $what ($lock) into $folder, about a minute"
rm -rf "$folder"
mkdir "$folder"
if .venv/bin/python -m venv "$folder" > "$log" 2>&1 &&
    "$folder/bin/python" -m pip install --progress-bar off --require-hashes --no-deps -r "$lock" >> "$log" 2>&1; then
    echo "$mark" > "$folder/packages.mark"
    exit 0
fi
tail -n 5 "$log" >&2
echo "setup: $what cannot be installed; everything pip said is in $log" >&2
exit 1
