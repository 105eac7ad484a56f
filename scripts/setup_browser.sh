#!/bin/sh
# Install the browser and the Chinese fonts for tests of pages; does nothing when both are installed.
# As root on Debian or Ubuntu only, else prints what to install: tests/browser.py skips without them, or fails in CI.
set -eu

missing=''
command -v chromium > /dev/null || missing="$missing chromium"
fc-list :lang=zh 2> /dev/null | grep -q . || missing="$missing fontconfig fonts-noto-cjk"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "browser: installing$missing"
    # shellcheck disable=SC2086 # a list of packages
    apt-get update --quiet=2 && DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends \
        $missing > /dev/null && exit 0
fi
echo "browser: tests of pages need$missing (Debian, Ubuntu: sudo apt-get install$missing)" >&2
