#!/bin/sh
# Installs k3s and starts it: `./install.sh [server|agent] [flags...]`, as root.
#
# What is installed is the one file, dist/k3s or k3s beside this script: any Linux will do. In a checkout without it, the
# packages it needs and a Python environment are installed instead (Debian 12, Ubuntu 24.04 or newer). A service is made
# (systemd, OpenRC, or a background process), and this returns when the node is Ready.
#
#   INSTALL_K3S_EXEC              command and flags, as an alternative to arguments; without a command it is agent where
#                                 K3S_URL is set (with K3S_TOKEN or K3S_TOKEN_FILE), else server
#   INSTALL_K3S_FILE              the one file, where it lies elsewhere
#   INSTALL_K3S_SKIP_DOWNLOAD     true: take the k3s that is in the folder for commands already
#   INSTALL_K3S_SKIP_START        true: install, do not start
#   INSTALL_K3S_SKIP_ENABLE       true: install, neither enable nor start
#   INSTALL_K3S_FORCE_RESTART     true: restart although nothing has changed
#   INSTALL_K3S_SYMLINK           skip: no kubectl, crictl and ctr; force: even where others are on the path
#   INSTALL_K3S_BIN_DIR           where commands go (/usr/local/bin, /opt/bin where that cannot be written)
#   INSTALL_K3S_BIN_DIR_READ_ONLY true: write no command there
#   INSTALL_K3S_SYSTEMD_DIR       where unit and environment go (/etc/systemd/system)
#   INSTALL_K3S_NAME              the service is called k3s-NAME instead of k3s or k3s-agent
#   INSTALL_K3S_TYPE              systemd's Type (notify)
#   INSTALL_K3S_SELINUX_WARN      true: go on where SELinux is enforcing
#   K3S_*, CONTAINERD_*, *_PROXY  are kept for the service
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
HOME_DIR=/usr/local/lib/k3s
KUBECTL_PACKAGE=kubernetes-client
LINKS="kubectl crictl ctr"
SETTLE_S=3
STARTED=$(date +%s)

say() { echo "[k3s] $*"; }
die() { echo "[k3s] $*" >&2; exit 1; }
on() { [ "${1:-}" = true ]; }

# ---- what to do ------------------------------------------------------------------------------------------------------

refuse_downloads() {
    for name in VERSION CHANNEL CHANNEL_URL COMMIT PR; do
        eval "value=\${INSTALL_K3S_$name:-}"
        [ -z "$value" ] || die "INSTALL_K3S_$name is refused: nothing is downloaded, the file beside this script is installed"
    done
}

# Sets ROLE, NAME and places; leaves the flags in "$@" of the caller to be.
choose() {
    case ${1:-} in
        server | agent) ROLE=$1 ;;
        "" | -*) ROLE=server; [ -z "${K3S_URL:-}" ] || ROLE=agent ;;
        *) die "unknown command '$1': server and agent can be installed" ;;
    esac
    case ${K3S_URL:-https://} in https://*) ;; *) die "K3S_URL must begin with https://" ;; esac
    NAME=k3s
    [ $ROLE = server ] || NAME=k3s-agent
    [ -z "${INSTALL_K3S_NAME:-}" ] || NAME=k3s-$INSTALL_K3S_NAME
    UNIT_DIR=${INSTALL_K3S_SYSTEMD_DIR:-/etc/systemd/system}
    UNIT=$UNIT_DIR/$NAME.service
    OPENRC=/etc/init.d/$NAME
    PID_FILE=/run/$NAME.pid
    LOG_FILE=/var/log/$NAME.log
    MANAGER=none
    if [ -d /run/systemd/system ]; then MANAGER=systemd; elif command -v openrc-run >/dev/null; then MANAGER=openrc; fi
    ENVIRONMENT=/etc/rancher/k3s/$NAME.env
    [ $MANAGER != systemd ] || ENVIRONMENT=$UNIT.env
    BIN=${INSTALL_K3S_BIN_DIR:-}
    [ -n "$BIN" ] || { BIN=/usr/local/bin; mkdir -p $BIN 2>/dev/null && [ -w $BIN ] || BIN=/opt/bin; }
}

# As the server finds it: flags, environment, configuration file.
data_dir() {
    found=${K3S_DATA_DIR:-}
    config=${K3S_CONFIG_FILE:-/etc/rancher/k3s/config.yaml}
    [ -n "$found" ] || [ ! -f "$config" ] || found=$(sed -n 's/^data-dir: *"\{0,1\}\([^"# ]*\).*/\1/p' "$config")
    while [ $# -gt 0 ]; do
        case $1 in
            --data-dir=* | -d=*) found=${1#*=} ;;
            --data-dir | -d) found=${2:-} ;;
        esac
        shift
    done
    echo "${found:-/var/lib/rancher/k3s}"
}

check_host() {
    [ "$(id -u)" = 0 ] || die "must run as root: try sudo $0"
    case " $* " in *" --token"* | *" -t"* | *" --server"* | *" -s"*) given=true ;; *) given= ;; esac
    if [ $ROLE = agent ] && [ -z "$given${K3S_TOKEN:-}${K3S_TOKEN_FILE:-}" ] && [ ! -f /etc/rancher/k3s/config.yaml ]; then
        die "an agent needs K3S_TOKEN: it is in server/node-token of the server's data directory"
    fi
    if command -v getenforce >/dev/null && [ "$(getenforce)" = Enforcing ]; then
        on "${INSTALL_K3S_SELINUX_WARN:-}" || die "SELinux is enforcing and there is no policy for k3s: set it to permissive, or INSTALL_K3S_SELINUX_WARN=true"
        say "warning: SELinux is enforcing and there is no policy for k3s"
    fi
}

# ---- the one file ----------------------------------------------------------------------------------------------------

# Sets FILE to the one file, empty to install from the checkout.
find_file() {
    FILE=
    if on "${INSTALL_K3S_BIN_DIR_READ_ONLY:-}" || on "${INSTALL_K3S_SKIP_DOWNLOAD:-}" || [ "${INSTALL_K3S_SKIP_DOWNLOAD:-}" = binary ]; then
        FILE=$BIN/k3s
    elif [ -n "${INSTALL_K3S_FILE:-}" ]; then
        FILE=$INSTALL_K3S_FILE
    elif [ -f "$HERE/dist/k3s" ]; then
        FILE=$HERE/dist/k3s
    elif [ -f "$HERE/k3s" ]; then
        FILE=$HERE/k3s
    elif [ ! -f "$HERE/pyproject.toml" ]; then
        die "there is no k3s beside this script: put it there, or name it with INSTALL_K3S_FILE"
    fi
    [ -z "$FILE" ] || [ -x "$FILE" ] || [ -f "$FILE" ] || die "there is no $FILE"
}

# An ELF file names its machine in bytes 18 and 19.
check_architecture() {
    case $(uname -m) in
        x86_64) wanted=62 ;;
        aarch64) wanted=183 ;;
        *) return 0 ;;
    esac
    magic=$(head -c 4 "$1" | tail -c 3)
    [ "$magic" = ELF ] || return 0
    found=$(dd if="$1" bs=1 skip=18 count=1 2>/dev/null | od -An -tu1 | tr -d ' ')
    [ "$found" = $wanted ] || die "$1 is for another architecture than $(uname -m): build or fetch the one for this machine"
}

install_file() {
    check_architecture "$FILE"
    if [ "$FILE" != "$BIN/k3s" ] && ! cmp -s "$FILE" "$BIN/k3s"; then
        say "installing $FILE as $BIN/k3s"
        mkdir -p "$BIN"
        cp "$FILE" "$BIN/.k3s.new" && chmod 755 "$BIN/.k3s.new" && mv -f "$BIN/.k3s.new" "$BIN/k3s" || die "cannot write $BIN/k3s"
    fi
    "$BIN/k3s" $ROLE --help --data-dir "$DATA" >/dev/null || die "$BIN/k3s does not run: the line above says why"
    SCRIPTS=$DATA/data/current/share
}

# ---- from a checkout: packages and a Python environment --------------------------------------------------------------

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
    command -v apt-get >/dev/null || die "no apt-get here: from a checkout only Debian and Ubuntu are supported; the one file runs everywhere (docs/distribution.md)"
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
    # Debian starts its own containerd at once; k3s runs one of its own, so that one would only take memory.
    case " $packages" in *" containerd "*) [ ! -d /run/systemd/system ] || systemctl disable -q --now containerd ;; esac
}

install_python() {
    /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die "Python 3.11 or newer is needed"
    say "installing the Python environment in $HOME_DIR"
    rm -rf "$HOME_DIR/venv"
    /usr/bin/python3 -m venv "$HOME_DIR/venv"
    "$HOME_DIR/venv/bin/pip" install -q --disable-pip-version-check --root-user-action=ignore "$HERE" >"$HOME_DIR/pip.log" 2>&1 ||
        die "could not install the Python packages: see $HOME_DIR/pip.log"
    mkdir -p "$BIN"
    ln -sf "$HOME_DIR/venv/bin/k3s" "$BIN/k3s"
    SCRIPTS=$HERE/packaging
}

# ---- commands and service --------------------------------------------------------------------------------------------

install_links() {
    ! on "${INSTALL_K3S_BIN_DIR_READ_ONLY:-}" && [ "${INSTALL_K3S_SYMLINK:-}" != skip ] || return 0
    for name in $LINKS; do
        if [ "${INSTALL_K3S_SYMLINK:-}" = force ]; then
            ln -sf k3s "$BIN/$name"
        elif ! command -v "$name" >/dev/null && [ ! -e "$BIN/$name" ]; then
            ln -s k3s "$BIN/$name"
        fi
    done
}

# They know this installation's data directory and folder of units.
install_scripts() {
    ! on "${INSTALL_K3S_BIN_DIR_READ_ONLY:-}" || return 0
    for pair in k3s-killall.sh:k3s-killall.sh "k3s-uninstall.sh:$NAME-uninstall.sh"; do
        sed -e "s|^INSTALLED=.*|INSTALLED=$DATA|" -e "s|^UNIT_DIR=.*|UNIT_DIR=$UNIT_DIR|" \
            "$SCRIPTS/${pair%%:*}" >"$BIN/${pair##*:}"
        chmod 755 "$BIN/${pair##*:}"
    done
}

# K3S_*, CONTAINERD_* and proxies, in a form that shells and systemd read alike; secret, for the token is in it.
install_environment() {
    mkdir -p "$(dirname "$ENVIRONMENT")"
    kept=$(env | grep -E '^((K3S|CONTAINERD)_[A-Z0-9_]*|(HTTPS?|NO|ALL)_PROXY|(https?|no|all)_proxy)=' | sort) || true
    case $kept in *"'"*) die "a quote (') in a K3S_*, CONTAINERD_* or *_PROXY variable cannot be kept" ;; esac
    (umask 077; rm -f "$ENVIRONMENT"; printf '%s\n' "$kept" | sed -n "s/^\([^=]*\)=\(.*\)/\1='\2'/p" >"$ENVIRONMENT")
}

unit() {
    cat <<UNIT
[Unit]
Description=Lightweight Kubernetes
Documentation=https://kubernetes.io/docs/
Wants=network-online.target
After=network-online.target

[Install]
WantedBy=multi-user.target

[Service]
Type=${INSTALL_K3S_TYPE:-notify}
EnvironmentFile=-/etc/default/%N
EnvironmentFile=-/etc/sysconfig/%N
EnvironmentFile=-$ENVIRONMENT
# Pods outlive a restart of the service: only the server's own processes are ended.
KillMode=process
Delegate=yes
User=root
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=5s
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStartPre=-/sbin/modprobe overlay
ExecStart=$BIN/k3s $ROLE$(quoted "$@")
UNIT
}

openrc_script() {
    cat <<SCRIPT
#!/sbin/openrc-run
name=$NAME
command=$BIN/k3s
command_args="$ROLE$(quoted "$@")"
supervisor=supervise-daemon
output_log=$LOG_FILE
error_log=$LOG_FILE
pidfile=$PID_FILE
respawn_delay=5
respawn_max=0

set -o allexport
if [ -f $ENVIRONMENT ]; then . $ENVIRONMENT; fi
set +o allexport

depend() {
    after network-online
    want cgroups
}
SCRIPT
}

# Words for a unit or a shell, each in single quotes where it needs them.
quoted() {
    for word in "$@"; do
        case $word in
            *"'"*) die "a quote (') in a flag cannot be kept: put it into /etc/rancher/k3s/config.yaml" ;;
            *[!A-Za-z0-9_./:=,@%+-]*) printf " '%s'" "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
}

install_service() {
    case $MANAGER in
        systemd)
            mkdir -p "$UNIT_DIR"
            unit "$@" >"$UNIT"
            chmod 644 "$UNIT"
            systemctl daemon-reload
            on "${INSTALL_K3S_SKIP_ENABLE:-}" || systemctl enable -q "$NAME"
            ;;
        openrc)
            openrc_script "$@" >"$OPENRC"
            chmod 755 "$OPENRC"
            mkdir -p /etc/logrotate.d
            printf '%s {\n\tmissingok\n\tnotifempty\n\tcopytruncate\n}\n' "$LOG_FILE" >"/etc/logrotate.d/$NAME"
            on "${INSTALL_K3S_SKIP_ENABLE:-}" || rc-update -q add "$NAME" default
            ;;
    esac
}

# Of what a restart is for: the file, the unit and the environment.
fingerprint() { cat "$BIN/k3s" "$UNIT" "$OPENRC" "$ENVIRONMENT" 2>/dev/null | cksum; }

runs() {
    case $MANAGER in
        systemd) systemctl is-active -q "$NAME" ;;
        openrc) rc-service -q "$NAME" status >/dev/null 2>&1 ;;
        none) [ -f "$PID_FILE" ] && kill -0 "$(cat "$PID_FILE")" 2>/dev/null ;;
    esac
}

start_service() {
    case $MANAGER in
        systemd) systemctl restart --no-block "$NAME" ;;
        openrc) rc-service -q "$NAME" restart ;;
        none) start_background "$@" ;;
    esac
}

# Neither systemd nor OpenRC: a process of its own session, its pid and its log in files.
start_background() {
    if runs; then
        kill "$(cat "$PID_FILE")"
        while runs; do sleep 0.1; done
    fi
    # The environment is the service's, as with a service manager: what else is set here is not.
    # shellcheck disable=SC2016  # expanded by the shell that is started
    env -i PATH="$PATH" setsid sh -c 'set -a; . "$1"; set +a; shift; exec "$@"' sh \
        "$ENVIRONMENT" "$BIN/k3s" "$ROLE" "$@" </dev/null >>"$LOG_FILE" 2>&1 &
    echo $! >"$PID_FILE"
}

failed_to_start() {
    case $MANAGER in
        systemd) systemctl is-failed -q "$NAME" ;;
        *) ! runs ;;
    esac
}

wait_until_ready() {
    if [ $ROLE = agent ]; then # whether its node is Ready is for the server to say
        sleep $SETTLE_S
        ! failed_to_start || tell_failure
        return 0
    fi
    "$BIN/k3s" ready "$@" >/dev/null &
    waiting=$!
    while kill -0 $waiting 2>/dev/null; do
        if failed_to_start; then kill $waiting 2>/dev/null || true; fi
        sleep 0.2
    done
    wait $waiting || tell_failure
}

tell_failure() {
    tail -n 5 "$LOG_FILE" 2>/dev/null >&2 || true
    die "the $ROLE did not start: the lines above say why, more is in $LOG_FILE or journalctl -u $NAME"
}

main() {
    refuse_downloads
    choose "$@"
    case ${1:-} in server | agent) shift ;; esac
    check_host "$@"
    DATA=$(data_dir "$@")
    before=$(fingerprint)
    find_file
    if [ -n "$FILE" ]; then
        install_file
    else
        install_packages
        install_python
    fi
    install_links
    install_scripts
    install_environment
    install_service "$@"
    if on "${INSTALL_K3S_SKIP_START:-}" || on "${INSTALL_K3S_SKIP_ENABLE:-}"; then
        say "installed, not started"
    elif runs && [ -n "$FILE" ] && [ "$before" = "$(fingerprint)" ] && ! on "${INSTALL_K3S_FORCE_RESTART:-}"; then
        say "nothing has changed, $NAME goes on"
    else
        start_service "$@"
        wait_until_ready "$@"
        if [ $ROLE = agent ]; then
            say "agent started. Next, where the server is: sudo k3s kubectl get nodes"
        else
            say "node Ready after $(($(date +%s) - STARTED)) s. Next: sudo k3s kubectl get nodes"
        fi
    fi
}

# shellcheck disable=SC2086  # flags are words
[ $# -gt 0 ] && case $1 in -*) false ;; esac || set -- ${INSTALL_K3S_EXEC:-} "$@"
main "$@"
