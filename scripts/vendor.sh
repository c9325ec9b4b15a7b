#!/bin/sh
# vendor.sh DEST: fills DEST with the browser scripts of webvendor.lock (hashes checked by pip). Does nothing when DEST
# was filled from the same lock.
set -eu
here=$(dirname "$0")/..
dest=${1:?usage: vendor.sh DEST}
mark=$(sha256sum "$here/webvendor.lock" "$0" | sha256sum | cut -d' ' -f1)
[ "$(cat "$dest/.lock" 2>/dev/null || true)" = "$mark" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-deps --only-binary=:all: --require-hashes --target "$work/wheels" \
    -r "$here/webvendor.lock"
mkdir -p "$dest"
cp "$work/wheels/roadstyle/vendor/maplibre-gl.js" "$work/wheels/roadstyle/vendor/maplibre-gl.css" "$dest/"
cp "$work"/wheels/datasette_preact/static/preact-*-htm-*.min.js "$dest/preact.js"
echo "$mark" > "$dest/.lock"
echo "browser scripts: $dest"
