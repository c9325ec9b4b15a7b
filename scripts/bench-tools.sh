#!/bin/sh
# bench-tools.sh DEST: a Python with the reader that imports are measured beside, pinned by hash.
set -eu
dest=${1:?usage: bench-tools.sh DEST}
lock=$(dirname "$0")/../Tests/bench.lock
mark=$(sha256sum "$lock" | cut -d' ' -f1)
[ "$(cat "$dest/.lock" 2>/dev/null || true)" = "$mark" ] && exit 0
rm -rf "$dest"
python3 -m venv "$dest"
"$dest/bin/pip" install --quiet --no-deps --only-binary=:all: --require-hashes -r "$lock"
echo "$mark" > "$dest/.lock"
