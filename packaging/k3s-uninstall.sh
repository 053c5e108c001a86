#!/bin/sh
# Removes pyk3s: everything that runs, then its service, commands, configuration and data. OS packages stay.
set -u
BIN=$(cd "$(dirname "$0")" && pwd)
HOME_DIR=/usr/local/lib/k3s
DATA=${K3S_DATA_DIR:-/var/lib/rancher/k3s}

[ "$(id -u)" = 0 ] || { echo "must run as root: try sudo $0" >&2; exit 1; }
"$BIN/k3s-killall.sh"
if [ -f /etc/systemd/system/k3s.service ]; then
    systemctl disable -q k3s
    rm -f /etc/systemd/system/k3s.service /etc/systemd/system/k3s.service.env
    systemctl daemon-reload
fi
if [ -f /etc/init.d/k3s ]; then
    rc-update -q delete k3s default
    rm -f /etc/init.d/k3s
fi
for name in kubectl ctr; do
    [ "$(readlink "$BIN/$name" 2>/dev/null)" != k3s ] || rm -f "$BIN/$name"
done
[ ! -f "$HOME_DIR/packages" ] || echo "left installed, remove with apt-get if nothing else needs them: $(tr '\n' ' ' <"$HOME_DIR/packages")"
rm -rf /etc/rancher/k3s /etc/rancher/node /run/k3s "$DATA" /var/lib/kubelet /var/log/pods /var/log/containers /var/log/k3s.log "$HOME_DIR"
rmdir /etc/rancher /var/lib/rancher 2>/dev/null
rm -f "$BIN/k3s" "$BIN/k3s-killall.sh" "$BIN/k3s-uninstall.sh"
