"""k3s-killall.sh takes everything back that a server and its pods did to the host."""

import json
import pathlib
import shutil

import footprint
import hosts
import pytest

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]

KILLALL = pathlib.Path(__file__).parents[2] / "packaging/k3s-killall.sh"
POD = """
apiVersion: v1
kind: Pod
metadata: {name: leaver}
spec:
  volumes: [{name: memory, emptyDir: {medium: Memory}}]
  containers:
  - name: main
    image: %s
    imagePullPolicy: Never
    command: [sleep, "100000"]
    volumeMounts: [{name: memory, mountPath: /memory}]
    ports: [{containerPort: 80, hostPort: 8099}]
"""


def test_killall_leaves_no_process_mount_link_table_or_group(host):
    before = footprint.of(host, host.folder)
    server = hosts.Server(host)
    server.add_image(hosts.busybox())
    server.start()
    try:
        server.wait_ready()
        server.kubectl("apply", "-f", "-", feed=POD % hosts.IMAGE)
        server.kubectl("wait", "--for=condition=Ready", "pod/leaver", "--timeout=90s", timeout=100)
        pod = json.loads(server.kubectl("get", "pod", "leaver", "-o", "json").stdout)
        during = footprint.of(host, host.folder)
        assert footprint.cgroups({pod["metadata"]["uid"]})
        assert all(during[kind] - before[kind] for kind in during)  # the comparison sees each kind
    finally:
        host.run("env", f"K3S_DATA_DIR={server.data}", str(KILLALL), timeout=120)
        assert server.process.wait(60) == 0
    after = footprint.of(host, host.folder)
    assert {kind: after[kind] - before[kind] for kind in after if kind != "files"} == {
        kind: set() for kind in after if kind != "files"
    }
    assert footprint.cgroups({pod["metadata"]["uid"]}) == []
    assert not [path for path in after["files"] if path.startswith(str(server.data / "run"))]
    rules = host.run("iptables-save", check=False).stdout
    assert "CNI-" not in rules
    shutil.rmtree(server.data)


# An installation without a server, as install.sh lays it out, on folders whose changes go to a layer of their own.
INSTALLED_AND_REMOVED = """
set -e
export LC_ALL=C
mount -t tmpfs tmpfs "$1"
for folder in etc usr var run; do
    mkdir -p "$1/$folder/upper" "$1/$folder/work"
    mount -t overlay -o "lowerdir=/$folder,upperdir=$1/$folder/upper,workdir=$1/$folder/work" overlay /$folder
done
listed() {
    { find /etc /usr/local /var/lib -maxdepth 3; find /var/log /run -maxdepth 1; } | sort
}
listed > "$1/before"
mkdir -p /usr/local/bin /usr/local/lib/k3s/venv/bin /etc/rancher/k3s /etc/rancher/node /var/lib/rancher/k3s/server \
    /var/lib/kubelet/pods /var/log/pods /var/log/containers /run/k3s
touch /usr/local/lib/k3s/venv/bin/k3s /etc/rancher/k3s/k3s.yaml /var/lib/rancher/k3s/server/token /var/log/k3s.log
ln -s /usr/local/lib/k3s/venv/bin/k3s /usr/local/bin/k3s
[ -e /usr/local/bin/kubectl ] || ln -s k3s /usr/local/bin/kubectl
echo containerd nftables > /usr/local/lib/k3s/packages
install -m 755 "$2" "$3" /usr/local/bin/
/usr/local/bin/k3s-uninstall.sh
listed > "$1/after"
comm -13 "$1/before" "$1/after"
"""


def test_uninstall_leaves_no_file_and_names_the_packages_that_stay(host, tmp_path):
    scripts = (str(KILLALL), str(KILLALL.with_name("k3s-uninstall.sh")))
    run = ("unshare", "--mount", "sh", "-c", INSTALLED_AND_REMOVED, "sh", str(tmp_path), *scripts)
    told, *left = host.run(*run).stdout.splitlines()
    assert "containerd nftables" in told
    assert left == []
