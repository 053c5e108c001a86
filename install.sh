#!/bin/sh
# Installs pyk3s from this checkout and starts it: `./install.sh [server] [flags of k3s server...]`
#
# As root on Debian 12, Ubuntu 24.04 or newer. Installs the OS packages that are missing, a Python environment of its
# own, the command `k3s`, a service (systemd, OpenRC, or a background process) and waits until the node is Ready.
#
#   INSTALL_K3S_EXEC         flags for the service, as an alternative to arguments
#   INSTALL_K3S_SKIP_START   true: install, do not start
#   INSTALL_K3S_SKIP_ENABLE  true: install, neither enable nor start
#   INSTALL_K3S_BIN_DIR      where commands go (/usr/local/bin)
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
BIN=${INSTALL_K3S_BIN_DIR:-/usr/local/bin}
HOME_DIR=/usr/local/lib/k3s
UNIT=/etc/systemd/system/k3s.service
OPENRC=/etc/init.d/k3s
PID_FILE=/run/k3s.pid
LOG_FILE=/var/log/k3s.log
KUBECTL_PACKAGE=kubernetes-client
STARTED=$(date +%s)

say() { echo "[k3s] $*"; }
die() { echo "[k3s] $*" >&2; exit 1; }

check_host() {
    [ "$(id -u)" = 0 ] || die "must run as root: try sudo $0"
    command -v apt-get >/dev/null || die "no apt-get here: only Debian and Ubuntu are supported so far"
}

# The packages whose files are missing; what is already there, from wherever, is left alone.
missing_packages() {
    have() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] || [ -x "/sbin/$1" ]; }
    have containerd || echo containerd
    have runc || echo runc
    have nft || echo nftables
    have ip || echo iproute2
    have conntrack || echo conntrack
    have iptables || echo iptables
    have catatonit || echo catatonit
    [ -x /usr/lib/cni/bridge ] || [ -x /opt/cni/bin/bridge ] || echo containernetworking-plugins
    have python3 || echo python3
    /usr/bin/python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

install_packages() {
    packages=$(missing_packages | tr '\n' ' ')
    mkdir -p "$HOME_DIR"
    command -v kubectl >/dev/null || packages="$packages $KUBECTL_PACKAGE"
    [ -n "$packages" ] || return 0
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update || die "apt-get update failed: see its message above"
    if ! apt-cache show $KUBECTL_PACKAGE >/dev/null 2>&1; then
        packages=${packages%"$KUBECTL_PACKAGE"}
        say "this distribution has no package with kubectl: install one from elsewhere"
    fi
    [ -n "$packages" ] || return 0
    say "installing packages: $packages"
    # shellcheck disable=SC2086  # a list of names
    apt-get -qq install -y --no-install-recommends $packages >"$HOME_DIR/apt.log" 2>&1 ||
        die "could not install $packages: see $HOME_DIR/apt.log"
    echo "$packages" >>"$HOME_DIR/packages"
    # Debian starts its own containerd at once; pyk3s runs one of its own, so that one would only take memory.
    case " $packages" in *" containerd "*) [ ! -d /run/systemd/system ] || systemctl disable -q --now containerd ;; esac
}

install_python() {
    /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die "Python 3.11 or newer is needed"
    say "installing the Python environment in $HOME_DIR"
    rm -rf "$HOME_DIR/venv"
    /usr/bin/python3 -m venv "$HOME_DIR/venv"
    "$HOME_DIR/venv/bin/pip" install -q --disable-pip-version-check --root-user-action=ignore "$HERE" >"$HOME_DIR/pip.log" 2>&1 ||
        die "could not install the Python packages: see $HOME_DIR/pip.log"
}

install_commands() {
    mkdir -p "$BIN"
    ln -sf "$HOME_DIR/venv/bin/k3s" "$BIN/k3s"
    for name in kubectl ctr; do
        command -v $name >/dev/null || ln -s k3s "$BIN/$name"
    done
    install -m 755 "$HERE/packaging/k3s-killall.sh" "$HERE/packaging/k3s-uninstall.sh" "$BIN/"
}

install_service() {
    flags="$*"
    if [ -d /run/systemd/system ]; then
        sed -e "s|@K3S@|$BIN/k3s|" -e "s|@FLAGS@|$flags|" "$HERE/packaging/k3s.service" >$UNIT
        systemctl daemon-reload
        [ "${INSTALL_K3S_SKIP_ENABLE:-}" = true ] || systemctl enable -q k3s
    elif command -v openrc-run >/dev/null; then
        sed -e "s|@K3S@|$BIN/k3s|" -e "s|@FLAGS@|$flags|" "$HERE/packaging/k3s.openrc" >$OPENRC
        chmod 755 $OPENRC
        [ "${INSTALL_K3S_SKIP_ENABLE:-}" = true ] || rc-update -q add k3s default
    fi
}

start_service() {
    if [ -d /run/systemd/system ]; then
        systemctl restart --no-block k3s
    elif [ -f $OPENRC ]; then
        rc-service -q k3s restart
    else
        start_background "$@"
    fi
}

# Neither systemd nor OpenRC: a process of its own session, its pid and its log in files.
start_background() {
    if [ -f $PID_FILE ] && kill -0 "$(cat $PID_FILE)" 2>/dev/null; then
        kill "$(cat $PID_FILE)"
        while kill -0 "$(cat $PID_FILE)" 2>/dev/null; do sleep 0.1; done
    fi
    setsid "$BIN/k3s" server "$@" </dev/null >>$LOG_FILE 2>&1 &
    echo $! >$PID_FILE
}

failed_to_start() {
    if [ -d /run/systemd/system ]; then
        systemctl is-failed -q k3s
    else
        [ -f $PID_FILE ] && ! kill -0 "$(cat $PID_FILE)" 2>/dev/null
    fi
}

wait_until_ready() {
    "$BIN/k3s" ready "$@" >/dev/null &
    waiting=$!
    while kill -0 $waiting 2>/dev/null; do
        if failed_to_start; then kill $waiting; fi
        sleep 0.2
    done
    wait $waiting && return 0
    tail -n 5 $LOG_FILE 2>/dev/null >&2 || true
    die "the server did not become ready: the lines above say why, more is in $LOG_FILE or journalctl -u k3s"
}

[ "${1:-}" != server ] || shift
# shellcheck disable=SC2086  # flags are words
[ $# -gt 0 ] || set -- ${INSTALL_K3S_EXEC:-}
check_host
install_packages
install_python
install_commands
install_service "$@"
if [ "${INSTALL_K3S_SKIP_START:-}" = true ] || [ "${INSTALL_K3S_SKIP_ENABLE:-}" = true ]; then
    say "installed, not started"
    exit 0
fi
start_service "$@"
wait_until_ready "$@"
say "node Ready after $(($(date +%s) - STARTED)) s. Next: sudo k3s kubectl get nodes"
