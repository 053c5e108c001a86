#!/usr/bin/env bash
# Installs what the tests need and runs them all: ./test.sh [pytest arguments]
# As root the end-to-end tests run too (containerd, runc, nft); otherwise they are skipped with a reason.
set -euo pipefail
cd "$(dirname "$0")"

packages() {
    for pair in containerd:containerd runc:runc nft:nftables ip:iproute2 conntrack:conntrack iptables:iptables catatonit:catatonit \
        busybox:busybox-static wrk:wrk openssl:openssl kubectl:kubernetes-client \
        debootstrap:debootstrap gcc:gcc make:make patchelf:patchelf zstd:zstd; do
        command -v "${pair%%:*}" >/dev/null || [ -x "/usr/sbin/${pair%%:*}" ] || echo "${pair##*:}"
    done
    [ -f /usr/include/zstd.h ] || echo libzstd-dev
    [ -f /usr/include/stdlib.h ] || echo libc6-dev
    [ -x /usr/lib/cni/bridge ] || [ -x /opt/cni/bin/bridge ] || echo containernetworking-plugins
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

missing=$(packages | tr '\n' ' ')
if [ -n "${missing// /}" ] && [ "$(id -u)" = 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update
    # shellcheck disable=SC2086  # a list of names
    apt-get -qq install -y --no-install-recommends $missing >/dev/null
fi

[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/pip install -q --disable-pip-version-check --root-user-action=ignore -e '.[dev]'
[ -x build/kube-hunter/bin/kube-hunter ] || python3 -m venv build/kube-hunter # an environment of its own: it wants old packages
build/kube-hunter/bin/pip install -q --disable-pip-version-check --root-user-action=ignore 'kube-hunter==0.6.8' 'setuptools<81'
unset PYTHONDONTWRITEBYTECODE # else each of the many servers compiles every module anew
export PATH="$PWD/.venv/bin:/usr/sbin:/sbin:$PATH"

ruff check .
ruff format --check .
mypy
lint-imports
exec pytest "$@"
