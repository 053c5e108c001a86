"""The one file on a host that has neither Python nor containerd nor nft."""

import json
import subprocess
import sys

import bare
import hosts
import pytest

from pyk3s.cri import images

pytestmark = bare.MARKS

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
    command: [sh, -c, "mkdir /www; echo served >/www/index.html; echo it runs; httpd -f -p 80 -h /www"]
    ports: [{{containerPort: 80, hostPort: 8099}}]
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    made = bare.BareHost(tmp_path_factory.mktemp("bare"))
    folder = made.root / "var/lib/rancher/k3s/agent/images"
    folder.mkdir(parents=True)
    (folder / "busybox.tar").write_bytes(images.archive(hosts.busybox()))
    subprocess.run(["zstd", "-q", "--rm", str(folder / "busybox.tar")], check=True)  # as K3s' own images come
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
    fetch = "import urllib.request as web; print(web.urlopen('http://198.51.100.10:8099/', timeout=5).read())"
    assert "served" in host.net.run(sys.executable, "-c", fetch).stdout


def test_ctr_lists_the_images_of_the_kubelet(host):
    assert hosts.IMAGE in host.run("/usr/local/bin/k3s", "ctr", "images", "list", "-q").stdout


def test_every_process_runs_from_the_bundle(host):
    told = host.run("sh", "-c", "readlink /proc/[0-9]*/exe | grep -E 'containerd|python|runc' | sort -u").stdout
    found = told.splitlines()
    assert [line for line in found if "/var/lib/rancher/k3s/data/" not in line] == []
    assert {line.rpartition("/")[2] for line in found} >= {"containerd", "containerd-shim-runc-v2"}


def test_zones_of_time_and_authorities_are_there(host):
    bundle = host.root / "var/lib/rancher/k3s/data/current"
    assert (bundle / "zoneinfo/Europe/Berlin").exists()
    assert "BEGIN CERTIFICATE" in (bundle / "certificates.crt").read_text()


def test_licences_of_what_is_bundled_are_there(host):
    licences = host.root / "var/lib/rancher/k3s/data/current/licenses"
    assert {"containerd", "runc", "nftables", "libc6"} <= {path.name for path in (licences / "debian").iterdir()}
    assert {"cryptography", "uvloop"} <= {path.name for path in (licences / "python").iterdir()}


# -- crictl, against the runtime of the pod above ---------------------------------------------------------------------


def crictl(host, *words, **options):
    return host.run("/usr/local/bin/k3s", "crictl", *words, **options).stdout


def container(host):
    return crictl(host, "ps", "-q", "--name", "main").strip()


def test_crictl_lists_what_runs(host):
    head, row = crictl(host, "ps").splitlines()
    assert head.split() == [
        "CONTAINER",
        "IMAGE",
        "CREATED",
        "STATE",
        "NAME",
        "ATTEMPT",
        "POD",
        "ID",
        "POD",
        "NAMESPACE",
    ]
    assert "Running" in row
    assert row.split()[-2:] == ["first", "default"]
    assert "Ready" in crictl(host, "pods", "--namespace", "default")
    assert crictl(host, "images", "test/busybox").splitlines()[1].startswith("docker.io/test/busybox")
    assert "main" in crictl(host, "stats", "--seconds", "0")


def test_crictl_shows_one_thing_in_full(host):
    told = json.loads(crictl(host, "inspect", container(host)))
    assert told["status"]["state"] == "CONTAINER_RUNNING"
    assert told["info"]["pid"] > 0
    pod = crictl(host, "pods", "-q", "--name", "first").strip()
    assert json.loads(crictl(host, "inspectp", pod))["status"]["network"]["ip"].startswith("10.42.")
    assert json.loads(crictl(host, "inspecti", hosts.IMAGE))["status"]["repoTags"] == [hosts.IMAGE]
    assert json.loads(crictl(host, "info"))["status"]["conditions"][0]["type"] == "RuntimeReady"
    assert "RuntimeName:  containerd" in crictl(host, "version")


def test_crictl_runs_commands_and_shows_logs(host):
    assert crictl(host, "exec", container(host), "echo", "hello") == "hello\n"
    assert crictl(host, "exec", "-i", container(host), "cat", feed="from here") == "from here"
    assert crictl(host, "exec", "--sync", container(host), "hostname") == "first\n"
    done = host.run("/usr/local/bin/k3s", "crictl", "exec", container(host), "sh", "-c", "exit 7", check=False)
    assert done.returncode == 7
    assert crictl(host, "logs", "--tail", "1", container(host)) == "it runs\n"


def test_crictl_gives_a_command_a_terminal(host):
    typed = f"/usr/local/bin/k3s crictl exec -it {container(host)} tty"
    assert "/dev/pts/0" in host.run("script", "-qec", typed, "/dev/null").stdout


def test_crictl_stops_and_removes(host):
    old = container(host)
    crictl(host, "stop", old)
    hosts.eventually(lambda: container(host) not in ("", old), 60)
    refused = host.run("/usr/local/bin/k3s", "crictl", "rm", container(host), check=False)
    assert "is running: stop it first, or use --force" in refused.stderr
    assert crictl(host, "rm", old) == f"{old}\n"
    refused = host.run("/usr/local/bin/k3s", "crictl", "rmi", "docker.io/test/none:1", check=False)
    assert refused.stderr == "k3s: no such image docker.io/test/none:1\n"
