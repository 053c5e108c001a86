"""What a running server leaves open, and that its certificates are renewed under everything that goes on."""

import re
import subprocess

import hosts
import pytest

pytestmark = [pytest.mark.root, pytest.mark.timeout(600)]

LISTENING = {
    ("tcp", "0.0.0.0:6443", "k3s-apiserver"),
    ("tcp", "0.0.0.0:10250", "k3s-agent"),
    ("tcp", "10.43.0.10:53", "k3s-agent"),
    ("udp", "10.43.0.10:53", "k3s-agent"),
    ("tcp", "127.0.0.1:*", "containerd"),  # where the kubelet fetches exec and attach; any free port
}
PEM = "import ssl, sys; print(ssl.get_server_certificate(('127.0.0.1', int(sys.argv[1]))))"
LEAVES = ("server/tls/serving-kube-apiserver", "agent/serving-kubelet", "agent/client-kubelet")


def listening(host):
    """Protocol, address and owner of every listening socket in the host's namespace."""
    found = set()
    for line in host.run("ss", "-Hlntup").stdout.splitlines():
        protocol, _, _, _, address, _, owners = line.split(None, 6)
        for owner in re.findall(r'\("([^"]+)"', owners):
            loopback = address.startswith("127.") and owner == "containerd"
            found.add((protocol, "127.0.0.1:*" if loopback else address, owner))
    return found


def shown(host, port):
    """The certificate that a new connection is shown."""
    return host.run("python3", "-c", PEM, str(port)).stdout


def test_these_ports_are_open_and_no_others(server, host):
    assert listening(host) == LISTENING


def test_keys_and_tokens_are_roots_alone(server):
    keys = [*server.data.rglob("*.key"), server.data / "server/token", server.kubeconfig]
    keys += [path for path in (server.data / "server/db").iterdir() if path.suffix != ".present"]
    modes = {path: (path.stat().st_mode & 0o777, path.stat().st_uid) for path in keys}
    assert len(keys) > 10
    assert {path for path, found in modes.items() if found != (0o600, 0)} == set()


def test_certificates_are_renewed_while_watches_and_the_node_go_on(server, host):
    before = shown(host, 6443), shown(host, 10250)
    words = server.kubectl_words("get", "configmaps", "--watch", "--output=name")
    with subprocess.Popen(host.command(*words), stdout=subprocess.PIPE, text=True) as watching:
        watching.stdout.readline()
        for name in LEAVES:
            (server.data / f"{name}.crt").unlink()
        hosts.eventually(lambda: (now := shown(host, 6443)) and now != before[0], 180, server.told)
        hosts.eventually(lambda: shown(host, 10250) != before[1], 60, server.told)
        server.kubectl("create", "configmap", "seen")
        lines = iter(watching.stdout.readline, "")
        assert any(line.strip() == "configmap/seen" for line in lines)
        watching.terminate()
    assert " Ready " in server.kubectl("get", "nodes").stdout
    assert "process ended" not in server.log.read_text()
