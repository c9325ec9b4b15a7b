#!/bin/sh
# Installs what the centre needs on Debian 12; quick when everything is there.
set -eu
packages="libsqlite3-dev libpq-dev libmosquitto-dev mosquitto openssl libssl-dev libargon2-dev libqrencode-dev libvips-dev libxlsxwriter-dev libexpat1-dev libzip-dev libfreexl-dev libpango1.0-dev libcairo2-dev poppler-utils libavformat-dev libavcodec-dev libavutil-dev libswscale-dev ffmpeg espeak-ng zlib1g-dev pkg-config python3-venv chromium fonts-noto-cjk"
missing=""
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing="$missing $package"
done
# The tests run a server of their own; no cluster of the system's is made.
[ -x /usr/lib/postgresql/15/bin/postgres ] || missing="$missing postgresql-15"
[ -z "$missing" ] && exit 0
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "setup: missing$missing; install them as root" >&2; exit 1; }
    as_root="sudo"
fi
echo "setup: installing$missing"
$as_root apt-get update -q
case "$missing" in *postgresql-15*)
    $as_root mkdir -p /etc/postgresql-common/createcluster.d
    echo "create_main_cluster = false" | $as_root tee /etc/postgresql-common/createcluster.d/zhili.conf >/dev/null ;;
esac
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q --no-install-recommends $missing
