#!/bin/sh
# Runs the browser tests on the built debug program, with the drivers of Tests/Browser/requirements.lock.
set -eu
cd "$(dirname "$0")/.."
venv=.tools/browser
mark=$(sha256sum Tests/Browser/requirements.lock | cut -d' ' -f1)
if [ "$(cat "$venv/.lock" 2>/dev/null || true)" != "$mark" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --only-binary=:all: --require-hashes -r Tests/Browser/requirements.lock
    echo "$mark" > "$venv/.lock"
fi
exec "$venv/bin/python" -m unittest discover -s Tests/Browser -p 'test_*.py' -v
