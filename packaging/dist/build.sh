#!/bin/sh
# Builds dist/k3s: installs what the build needs (as root, on Debian or Ubuntu) and runs build.py.
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
PROJECT=$(cd "$HERE/../.." && pwd)
VENV=$PROJECT/build/dist/venv

missing_packages() {
    for pair in gcc:gcc patchelf:patchelf zstd:zstd strip:binutils dpkg-deb:dpkg; do
        command -v "${pair%%:*}" >/dev/null || echo "${pair##*:}"
    done
    echo '#include <zstd.h>' | gcc -E - >/dev/null 2>&1 || echo libzstd-dev
    [ -f /usr/include/stdlib.h ] || echo libc6-dev
    /usr/bin/python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

missing=$(missing_packages | tr '\n' ' ')
if [ -n "$missing" ]; then
    [ "$(id -u)" = 0 ] || { echo "missing, install as root: $missing" >&2; exit 1; }
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update
    # shellcheck disable=SC2086  # a list of names
    apt-get -qq install -y --no-install-recommends $missing >/dev/null
fi

# The lists by which the bundle's packages are found.
apt-cache show containerd >/dev/null 2>&1 || apt-get -qq update

if [ ! -x "$VENV/bin/pip" ]; then
    /usr/bin/python3 -m venv "$VENV"
fi
# The build's own requirements, as pyproject.toml names them.
"$VENV/bin/python" - "$PROJECT/pyproject.toml" <<'PYTHON' | xargs -d '\n' "$VENV/bin/pip" install -q --disable-pip-version-check
import sys, tomllib
print(*tomllib.load(open(sys.argv[1], "rb"))["build-system"]["requires"], sep="\n")
PYTHON
exec "$VENV/bin/python" "$HERE/build.py"
