"""kubectl through the API server and the kubelet into real containers: exec, attach, port-forward, logs, proxy.

The API server knows the pod and the node by objects of the same name, so that nothing else has to run.
"""

import fcntl
import json
import os
import pathlib
import pty
import select
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import termios
import time
import urllib.request

import pytest

from pyk3s.apiserver import identity
from pyk3s.apiserver.server import ApiServer
from pyk3s.apiserver.settings import ApiSettings
from pyk3s.datastore.drivers import memory

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl"),
]
SERVE = "mkdir /www; echo page > /www/index.html; httpd -p 8080 -h /www; while true; do echo tick; sleep 0.2; done"
# Which wire protocol a kubectl uses is its own choice; these make it choose.
BUILTIN = {"K3S_KUBECTL": "builtin"}
WEBSOCKET = {"KUBECTL_REMOTE_COMMAND_WEBSOCKETS": "true", "KUBECTL_PORT_FORWARD_WEBSOCKETS": "true"}
SPDY = {"KUBECTL_REMOTE_COMMAND_WEBSOCKETS": "false", "KUBECTL_PORT_FORWARD_WEBSOCKETS": "false"}
PROTOCOLS = [WEBSOCKET, SPDY, BUILTIN]
K3S = pathlib.Path(sys.executable).with_name("k3s")


class Api:
    """An API server in the node's loop that reaches the kubelet with its certificate."""

    def __init__(self, play):
        self.play, tls = play, play.folder / "tls"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        settings = ApiSettings(
            port=self.port,
            ssl_context=_serving(tls),
            advertise_address="198.51.100.1",
            tokens={"t": identity.User("admin", (identity.MASTERS, "system:authenticated"))},
            kubelet_client_certificate=tls / "client-kube-apiserver.crt",
            kubelet_client_key=tls / "client-kube-apiserver.key",
            kubelet_ca=tls / "server-ca.crt",
        )
        self._folder = play.folder
        self._server = play.do(self._started(settings))

    async def _started(self, settings) -> ApiServer:
        made = ApiServer(settings, memory.MemoryDatastore())
        await made.start()
        return made

    def close(self) -> None:
        self.play.do(self._server.stop())

    def kubectl(self, *arguments: str, given: str | None = None, protocol: dict[str, str] = WEBSOCKET, status: int = 0):
        """The output of kubectl, which must end with `status`."""
        done = subprocess.run(
            self.command(*arguments, protocol=protocol),
            input=given,
            env=self.environment(protocol),
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == status, done.stderr
        return done.stdout

    def command(self, *arguments: str, protocol: dict[str, str] = WEBSOCKET) -> list[str]:
        config = self._folder / "kubeconfig"
        if not config.exists():
            config.write_text(
                "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                f"clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:{self.port}', "
                "insecure-skip-tls-verify: true}}]\n"
                "users: [{name: c, user: {token: t}}]\ncontexts: [{name: c, context: {cluster: c, user: c}}]\n"
            )
        program = [str(K3S), "kubectl"] if protocol is BUILTIN else ["kubectl"]
        return [*program, f"--kubeconfig={config}", f"--cache-dir={self._folder}/cache", *arguments]

    def environment(self, protocol: dict[str, str]) -> dict[str, str]:
        return {**os.environ, **protocol}


@pytest.fixture(scope="module")
def api(play):
    made = Api(play)
    kubelet = {"kubeletEndpoint": {"Port": play.settings.kubelet_port}}
    _create(made, "nodes", {"kind": "Node", "apiVersion": "v1", "metadata": {"name": "n1"}})
    address = [{"type": "InternalIP", "address": "127.0.0.1"}]
    patch = {"status": {"addresses": address, "daemonEndpoints": kubelet}}
    made.kubectl("patch", "node", "n1", "--subresource=status", "--type=merge", "-p", json.dumps(patch))
    made.kubectl("create", "serviceaccount", "default")
    yield made
    made.close()


@pytest.fixture
def pod(api, play):
    """A running pod `web` that serves a page on port 8080 and echoes to whom it is attached."""
    play.create("web", {"containers": [{"name": "c", "command": ["sh", "-c", SERVE]}]})
    play.until(lambda: play.ready("web"))
    spec = {
        "nodeName": "n1",
        "automountServiceAccountToken": False,
        "containers": [{"name": "c", "image": "x", "ports": [{"containerPort": 8080}]}],
    }
    _create(
        api, "namespaces/default/pods", {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "web"}, "spec": spec}
    )
    status = {"phase": "Running", "podIP": play.status("web")["podIP"], "podIPs": [{"ip": play.status("web")["podIP"]}]}
    api.kubectl("patch", "pod", "web", "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))
    yield "web"
    api.kubectl("delete", "pod", "web", "--force", "--grace-period=0")


def _serving(tls) -> ssl.SSLContext:
    """kubectl sends its token over TLS only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls / "serving-kube-apiserver.crt", tls / "serving-kube-apiserver.key")
    return context


def _create(api: Api, path: str, obj: dict) -> None:
    request = urllib.request.Request(
        f"https://127.0.0.1:{api.port}/api/v1/{path}",
        json.dumps(obj).encode(),
        {"Authorization": "Bearer t", "Content-Type": "application/json"},
        method="POST",
    )
    urllib.request.urlopen(request, context=ssl._create_unverified_context()).close()


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=["websocket", "spdy", "built-in"])
def test_commands_get_input_and_give_output_and_exit_code(api, pod, protocol):
    assert api.kubectl("exec", pod, "--", "echo", "a b", protocol=protocol) == "a b\n"
    large = "0123456789" * 100_000
    assert api.kubectl("exec", "-i", pod, "--", "cat", given=large, protocol=protocol) == large
    api.kubectl("exec", pod, "--", "sh", "-c", "exit 7", protocol=protocol, status=7)
    for _ in range(10):
        assert api.kubectl("exec", pod, "--", "echo", "again", protocol=protocol) == "again\n"


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=["websocket", "spdy", "built-in"])
def test_ports_are_forwarded(api, pod, protocol):
    forward = subprocess.Popen(
        api.command("port-forward", f"pod/{pod}", ":8080", protocol=protocol),
        env=api.environment(protocol),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        port = forward.stdout.readline().split(":")[1].split(" ")[0]
        for _ in range(5):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
                assert answer.read() == b"page\n"
    finally:
        forward.terminate()
        forward.wait(10)
        forward.stdout.close()


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=["websocket", "spdy", "built-in"])
def test_output_can_be_attached_to(api, pod, protocol):
    with subprocess.Popen(
        api.command("attach", pod, protocol=protocol), env=api.environment(protocol), stdout=subprocess.PIPE, text=True
    ) as attached:
        lines = [attached.stdout.readline() for _ in range(3)]
        attached.terminate()
    assert lines == ["tick\n"] * 3


@pytest.mark.parametrize("protocol", [WEBSOCKET, BUILTIN], ids=["kubectl", "built-in"])
def test_logs_are_shown_and_followed(api, pod, protocol):
    assert api.kubectl("logs", pod, "--tail=1", protocol=protocol) == "tick\n"
    command = api.command("logs", "-f", pod, protocol=protocol)
    with subprocess.Popen(command, env=api.environment(protocol), stdout=subprocess.PIPE, text=True) as followed:
        assert followed.stdout.readline() == "tick\n"
        followed.terminate()


def test_pods_are_proxied(api, pod):
    page = api.kubectl("get", "--raw", f"/api/v1/namespaces/default/pods/{pod}:8080/proxy/index.html")
    assert page == "page\n"
    assert api.kubectl("get", "--raw", "/api/v1/nodes/n1/proxy/healthz") == "ok"


@pytest.mark.parametrize("protocol", [WEBSOCKET, BUILTIN], ids=["kubectl", "built-in"])
def test_a_command_gets_a_terminal_of_the_callers_size(api, pod, protocol):
    near, far = pty.openpty()
    try:
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
        shell = subprocess.Popen(
            api.command("exec", "-it", pod, "--", "sh", protocol=protocol),
            env=api.environment(protocol),
            stdin=far,
            stdout=far,
            stderr=far,
            start_new_session=True,
        )
        _until_shown(near, b"#")
        os.write(near, b"stty size\r")
        _until_shown(near, b"33 77")
        os.write(near, b"exit 5\r")
        assert shell.wait(20) == 5
    finally:
        os.close(near)
        os.close(far)


def _until_shown(terminal: int, wanted: bytes) -> None:
    shown = b""
    deadline = time.monotonic() + 20
    while wanted not in shown:
        ready, _, _ = select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, shown
        shown += os.read(terminal, 4096)
