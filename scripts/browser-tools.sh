#!/bin/sh
# browser-tools.sh DEST: a Python with the drivers of Tests/Browser/requirements.lock, pinned by hash.
set -eu
dest=${1:?usage: browser-tools.sh DEST}
lock=$(dirname "$0")/../Tests/Browser/requirements.lock
mark=$(sha256sum "$lock" | cut -d' ' -f1)
[ "$(cat "$dest/.lock" 2>/dev/null || true)" = "$mark" ] && exit 0
rm -rf "$dest"
python3 -m venv "$dest"
"$dest/bin/pip" install --quiet --only-binary=:all: --require-hashes -r "$lock"
echo "$mark" > "$dest/.lock"
