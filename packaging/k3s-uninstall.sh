#!/bin/sh
# Removes k3s: everything that runs, then its service, commands, configuration and data. OS packages stay. The service is
# that of this script's own name, NAME-uninstall.sh.
set -u
BIN=$(cd "$(dirname "$0")" && pwd)
NAME=$(basename "$0" -uninstall.sh)
HOME_DIR=/usr/local/lib/k3s
INSTALLED=/var/lib/rancher/k3s # this and the next as install.sh found them
UNIT_DIR=/etc/systemd/system
DATA=${K3S_DATA_DIR:-$INSTALLED}

[ "$(id -u)" = 0 ] || { echo "must run as root: try sudo $0" >&2; exit 1; }
"$BIN/k3s-killall.sh"
if [ -f "$UNIT_DIR/$NAME.service" ]; then
    systemctl disable -q "$NAME"
    rm -f "$UNIT_DIR/$NAME.service" "$UNIT_DIR/$NAME.service.env"
    systemctl daemon-reload
fi
if [ -f "/etc/init.d/$NAME" ]; then
    rc-update -q delete "$NAME" default
    rm -f "/etc/init.d/$NAME" "/etc/logrotate.d/$NAME"
fi
for name in kubectl crictl ctr; do
    [ "$(readlink "$BIN/$name" 2>/dev/null)" != k3s ] || rm -f "$BIN/$name"
done
[ ! -f "$HOME_DIR/packages" ] || echo "left installed, remove with apt-get if nothing else needs them: $(tr '\n' ' ' <"$HOME_DIR/packages")"
rm -rf /etc/rancher/k3s /etc/rancher/node /run/k3s "$DATA" /var/lib/kubelet /var/log/pods /var/log/containers "/var/log/$NAME.log" "$HOME_DIR"
rmdir /etc/rancher /var/lib/rancher 2>/dev/null
rm -f "$BIN/k3s" "$BIN/k3s-killall.sh" "$BIN/$NAME-uninstall.sh"
