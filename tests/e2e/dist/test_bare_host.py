"""The one file on a host that has neither Python nor containerd nor nft."""

import bare
import hosts
import pytest
from pyk3s.cri import images

pytestmark = [pytest.mark.root, pytest.mark.timeout(900)]

LACKING = ("python3", "containerd", "runc", "nft", "ip", "iptables", "conntrack", "kubectl")
POD = f"""
apiVersion: v1
kind: Pod
metadata: {{name: first}}
spec:
  containers:
  - name: main
    image: {hosts.IMAGE}
    imagePullPolicy: Never
    command: [sh, -c, "echo it runs; httpd -f -p 80 -h /bin"]
    ports: [{{containerPort: 80, hostPort: 8099}}]
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    made = bare.BareHost(tmp_path_factory.mktemp("bare"))
    archive = made.root / "var/lib/rancher/k3s/agent/images/busybox.tar"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(images.archive(hosts.busybox()))
    try:
        made.start("/usr/local/bin/k3s", "server")
        made.wait_ready()
        yield made
    finally:
        made.close()


def test_the_file_is_smaller_than_100_megabytes(host):
    assert (host.root / "usr/local/bin/k3s").stat().st_size < 100_000_000


def test_the_host_has_none_of_what_the_bundle_brings(host):
    for name in LACKING:
        assert host.run("sh", "-c", f"PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v {name}", check=False).returncode


def test_a_pod_runs_and_is_reached_by_its_host_port(host):
    host.kubectl("apply", "-f", "-", feed=POD)
    host.kubectl("wait", "--for=condition=Ready", "pod/first", "--timeout=90s", timeout=100)
    assert "it runs" in host.kubectl("logs", "first").stdout
    assert host.kubectl("exec", "first", "--", "cat", "/etc/hostname").stdout.strip() == "first"
    fetched = host.net.run("busybox", "wget", "-qO-", "-T", "5", "http://198.51.100.10:8099/busybox")
    assert fetched.returncode == 0


def test_ctr_lists_the_images_of_the_kubelet(host):
    assert hosts.IMAGE in host.run("/usr/local/bin/k3s", "ctr", "images", "list", "-q").stdout


def test_every_process_runs_from_the_bundle(host):
    told = host.run("sh", "-c", "readlink /proc/[0-9]*/exe | grep -E 'containerd|python|runc' | sort -u").stdout
    assert all(line.startswith("/") and "/var/lib/rancher/k3s/data/" in line for line in told.splitlines())
