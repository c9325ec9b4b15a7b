#!/bin/sh
# Installs what the centre needs on Debian 12; quick when everything is there.
set -eu
packages="libsqlite3-dev libpq-dev libmosquitto-dev mosquitto libssl-dev libvips-dev libxlsxwriter-dev zlib1g-dev pkg-config python3-venv"
missing=""
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "setup: missing$missing; install them as root" >&2; exit 1; }
    as_root="sudo"
fi
echo "setup: installing$missing"
$as_root apt-get update -q
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q --no-install-recommends $missing
