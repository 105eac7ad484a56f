#!/bin/sh
# setup_venv.sh NAME WHAT: make .venv-NAME from requirements/NAME.txt; does nothing when it is there already.
# For programs whose packages must not change ours: the bench's peers, Superset.
set -eu
cd "$(dirname "$0")/.."
folder=.venv-${1:?usage: setup_venv.sh NAME WHAT}
what=${2:?usage: setup_venv.sh NAME WHAT}
lock=requirements/$1.txt
build_lock=requirements/$1-build.txt
log=$folder/install.log
unset PYTHONPATH PYTHONHOME
export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore PIP_REQUIRE_VIRTUALENV=0

case $1 in
    superset)
        # Some of Superset's packages have no wheel for 3.13, and two have none at all.
        versions='(3, 11), (3, 12)'
        pythons="${PYTHON:-} .venv/bin/python python3.12 python3.11 python3"
        source_only='--no-binary odfpy,wtforms-json --no-build-isolation'
        ;;
    *)
        versions='(3, 11), (3, 12), (3, 13)'
        pythons=.venv/bin/python
        source_only=''
        ;;
esac

mark="$(cat "$lock" "$build_lock" 2> /dev/null | cksum) $PWD"
[ "$(cat "$folder/packages.mark" 2> /dev/null)" = "$mark" ] && "$folder/bin/python" -c '' 2> /dev/null && exit 0

python=''
for candidate in $pythons; do
    if "$candidate" -c "import ensurepip, sys, venv; sys.exit(sys.version_info[:2] not in [$versions])" 2> /dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "setup: $what needs a Python of its own, one of $versions: install it (with its venv module), or name it:" \
        "make bi PYTHON=/path/to/python3.12" >&2
    exit 1
fi

install() { "$folder/bin/python" -m pip install --progress-bar off --require-hashes --no-deps --only-binary :all: "$@"; }

echo "setup: installing $what ($lock) into $folder, about a minute"
# A running Superset must not lose its files.
if [ "$1" = superset ]; then .venv/bin/python -m include.local.superset; fi
rm -rf "$folder"
mkdir "$folder"
# Source packages are built with a locked setuptools. $source_only is several words.
# shellcheck disable=SC2086
if "$python" -m venv "$folder" > "$log" 2>&1 &&
    { [ ! -e "$build_lock" ] || install -r "$build_lock" >> "$log" 2>&1; } &&
    install $source_only -r "$lock" >> "$log" 2>&1; then
    echo "$mark" > "$folder/packages.mark"
    exit 0
fi
tail -n 5 "$log" >&2
echo "setup: $what cannot be installed; the output of pip is in $log" >&2
exit 1
