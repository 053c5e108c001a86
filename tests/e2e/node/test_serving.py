"""The kubelet's HTTPS server: who may call it, logs, and streams into containers."""

import json
import socket

import pytest

pytestmark = pytest.mark.root
FOREVER = ["sh", "-c", "trap 'exit 0' TERM; echo begun; while true; do sleep 0.1; done"]


def test_only_the_api_server_and_administrators_are_answered(play):
    assert play.call("/healthz", certificate="")[0] == 401
    assert play.call("/pods", certificate="")[0] == 401
    assert play.call("/pods", certificate="client-scheduler")[0] == 401
    assert play.call("/pods")[0] == 200


def test_logs_can_be_cut_stamped_and_followed(play):
    output = play.run_to_end("talk", "for i in 1 2 3 4 5; do echo line $i; done; sleep 0.1; echo oops >&2")
    assert output.splitlines()[:5] == [f"line {number}" for number in range(1, 6)]
    assert play.log("talk", tailLines=2) == "line 5\noops\n"
    assert play.log("talk", limitBytes=6) == "line 1"
    assert play.log("talk", tailLines=1, timestamps="true").split(" ", 1)[1] == "oops\n"
    assert play.log("talk", follow="true") == output
    assert play.log("talk", stream="Stderr") == "oops\n"
    assert play.call("/containerLogs/default/talk/c?tailLines=x")[0] == 400
    assert play.call("/containerLogs/default/none/c")[0] == 404
    assert play.call("/containerLogs/default/talk/c?previous=true")[0] == 400


def test_a_followed_log_ends_with_its_container(play):
    play.create(
        "brief",
        {"restartPolicy": "Never", "containers": [{"name": "c", "command": ["sh", "-c", "echo a; sleep 1; echo b"]}]},
    )
    play.until(lambda: "running" in play.container("brief")["state"])
    assert play.log("brief", follow="true") == "a\nb\n"


def test_pods_and_figures_are_shown(play):
    play.create("shown", {"containers": [{"name": "c", "command": FOREVER}]})
    play.until(lambda: play.ready("shown"))
    names = [each["metadata"]["name"] for each in json.loads(play.call("/pods")[1])["items"]]
    assert names == ["shown"]
    summary = json.loads(play.call("/stats/summary")[1])
    assert summary["node"]["nodeName"] == "n1"
    assert summary["pods"][0]["containers"][0]["name"] == "c"
    assert 'pod="shown"' in play.call("/metrics")[1]


def test_exec_attach_and_port_forward_switch_to_the_runtimes_stream(play):
    play.create("open", {"containers": [{"name": "c", "command": FOREVER}]})
    play.until(lambda: play.ready("open"))
    for path in (
        "/exec/default/open/c?command=echo&command=hi&output=1",
        "/attach/default/open/c?output=1",
        "/portForward/default/open",
    ):
        status, headers = _upgrade(play, path)
        assert status == 101, headers
        assert "spdy/3.1" in headers.lower()
        assert "x-stream-protocol-version: " in headers.lower()


def _upgrade(play, path: str) -> tuple[int, str]:
    """Ask for SPDY as kubectl does; the answer's status and headers."""
    version = "portforward.k8s.io" if path.startswith("/port") else "v4.channel.k8s.io"
    with (
        socket.create_connection(("127.0.0.1", play.settings.kubelet_port)) as raw,
        play.tls("client-kube-apiserver").wrap_socket(raw, server_hostname="127.0.0.1") as stream,
    ):
        lines = [f"POST {path} HTTP/1.1", "Host: n1", "Connection: Upgrade", "Upgrade: SPDY/3.1"]
        lines += [f"X-Stream-Protocol-Version: {version}"]
        if not path.startswith("/port"):
            lines += ["X-Stream-Protocol-Version: v3.channel.k8s.io"]
        stream.sendall(("\r\n".join([*lines, "Content-Length: 0"]) + "\r\n\r\n").encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += stream.recv(4096)
    head = answer.split(b"\r\n\r\n")[0].decode()
    return int(head.split()[1]), head
