#!/bin/sh
# Runs the browser tests on the built debug program, with the drivers of Tests/Browser/requirements.lock.
set -eu
cd "$(dirname "$0")/.."
venv=.tools/browser
sh scripts/browser-tools.sh "$venv"
exec "$venv/bin/python" -m unittest discover -s Tests/Browser -p 'test_*.py' -v
