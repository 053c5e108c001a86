#!/bin/sh
# Ends everything of pyk3s that runs, pods included, and takes back what it did to the host. Data stays.
# K3S_DATA_DIR names another data directory than the default; then only what belongs to that one is touched.
set -u

DEFAULT=/var/lib/rancher/k3s
INSTALLED=/var/lib/rancher/k3s # this and the next as install.sh found them
UNIT_DIR=/etc/systemd/system
DATA=${K3S_DATA_DIR:-$INSTALLED}
PATH=$PATH:/usr/sbin:/sbin:$DATA/data/current/bin  # the last for hosts without ip, nft and iptables
XTABLES_LIBDIR=$DATA/data/current/lib/xtables
[ ! -d "$XTABLES_LIBDIR" ] || export XTABLES_LIBDIR
if [ "$DATA" = $DEFAULT ]; then
    RUN=/run/k3s KUBELET=/var/lib/kubelet
else
    RUN=$DATA/run KUBELET=$DATA/agent/kubelet
fi
SOCKET=$RUN/containerd/containerd.sock
SETTLE_TRIES=100

[ "$(id -u)" = 0 ] || { echo "must run as root: try sudo $0" >&2; exit 1; }

# Process ids whose command line holds these words.
pids_of() {
    for folder in /proc/[0-9]*; do
        { tr '\0' ' ' <"$folder/cmdline"; } 2>/dev/null | grep -qF -- "$1" && echo "${folder#/proc/}"
    done
}

descendants() {
    for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
        descendants "$child"
        echo "$child"
    done
}

# A server or agent that no service manager knows: its lock names it.
stop_unmanaged() {
    pid=$(cat "$DATA/$1/.lock" 2>/dev/null)
    [ -n "$pid" ] && { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -q "k3s $1" || return 0
    kill "$pid"
    wait_gone "$pid"
    kill -9 "$pid" 2>/dev/null  # took too long; its children end with it
}

stop_service() {
    [ "$DATA" = "$INSTALLED" ] || return 0
    for unit in "$UNIT_DIR"/k3s*.service; do
        [ ! -f "$unit" ] || systemctl stop "$(basename "$unit")"
    done
    for script in /etc/init.d/k3s*; do
        [ ! -f "$script" ] || rc-service -q "$(basename "$script")" stop
    done
    for file in /run/k3s*.pid; do
        [ -f "$file" ] || continue
        kill "$(cat "$file")" 2>/dev/null
        wait_gone "$(cat "$file")"
        rm -f "$file"
    done
}

wait_gone() {
    tries=0
    for pid in "$@"; do
        while [ -d "/proc/$pid" ] && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null && [ $tries -lt $SETTLE_TRIES ]; do
            tries=$((tries + 1))
            sleep 0.1
        done
    done
}

# Shims first with everything below them, then containerd itself. Leaves the pods' namespaces in $namespaces.
kill_pods() {
    shims=$(pids_of "-address $SOCKET")
    tree=""
    for shim in $shims; do tree="$tree $(descendants "$shim") $shim"; done
    # shellcheck disable=SC2086
    namespaces=$(namespaces_of $tree)
    runtime=$(pids_of "containerd --config $DATA/agent/etc/containerd/config.toml")
    # shellcheck disable=SC2086  # lists of numbers
    [ -z "$tree$runtime" ] || kill -9 $tree $runtime 2>/dev/null
    # shellcheck disable=SC2086
    wait_gone $tree $runtime
}

# Deepest first; what is mounted several times is taken off as often.
unmount_below() {
    awk '{ print $2 }' /proc/self/mounts | grep -F -- "$1/" | sort -r | while read -r mount; do
        umount -l "$(printf '%b' "$mount")"
    done
}

# The namespaces that containerd made for pods, found by the processes in them while those still live.
namespaces_of() {
    for pid in "$@"; do readlink "/proc/$pid/ns/net"; done 2>/dev/null | sort -u | while read -r entry; do
        for path in /run/netns/cni-*; do
            [ "net:[$(stat -L -c %i "$path" 2>/dev/null)]" != "$entry" ] || echo "$path"
        done
    done
}

remove_namespaces() {
    [ "$DATA" != $DEFAULT ] || set -- /run/netns/cni-*
    for path in "$@"; do
        [ ! -e "$path" ] || ip netns delete "${path##*/}"
    done
}

remove_network() {
    for table in k3s-proxy k3s-network; do
        nft delete table ip $table 2>/dev/null
    done
    for link in cni0 k3s-services; do
        ip link delete $link 2>/dev/null
    done
    [ "$DATA" != $DEFAULT ] || rm -rf /var/lib/cni
    remove_host_ports
}

# What the portmap plugin left, and the table that iptables made for it unless somebody else uses it too.
remove_host_ports() {
    iptables-save -t nat 2>/dev/null | grep -q CNI- || return 0
    iptables-save -t nat 2>/dev/null | grep -v CNI- | iptables-restore -T nat
    iptables-save -t nat 2>/dev/null | grep -q -e '^-A' -e '^:[^ ]* - ' || nft delete table ip nat 2>/dev/null
}

# Only our own groups: every pod's group is named after its uid, which the kubelet's folder lists.
remove_cgroups() {
    for uid in $(ls "$KUBELET/pods" 2>/dev/null); do
        find /sys/fs/cgroup -depth -type d -path "*pod$uid*" -exec rmdir {} + 2>/dev/null
        find /sys/fs/cgroup -depth -type d -path "*pod$(echo "$uid" | tr - _)*" -exec rmdir {} + 2>/dev/null
    done
    find /sys/fs/cgroup -depth -type d \( -name besteffort -o -name burstable \) -path '*/kubepods/*' -exec rmdir {} + 2>/dev/null
    find /sys/fs/cgroup -depth -type d \( -name kubepods -o -name 'kubepods*.slice' \) -exec rmdir {} + 2>/dev/null
}

stop_service
stop_unmanaged server
stop_unmanaged agent
kill_pods
unmount_below "$RUN"
unmount_below "$KUBELET"
unmount_below "$DATA"
# shellcheck disable=SC2086
remove_namespaces $namespaces
remove_network
remove_cgroups
rm -rf "$RUN"
exit 0
