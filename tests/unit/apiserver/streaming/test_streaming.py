"""Streaming sub-resources between a client and a kubelet that speaks SPDY, as containerd's streaming server does."""

import asyncio
import functools
import json
from types import SimpleNamespace
from typing import Any

import pytest

from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import identity, routing
from pyk3s.apiserver.streaming import table
from pyk3s.lib import tasks
from pyk3s.wire import duplex, websocket
from pyk3s.wire.http import client, messages, server
from pyk3s.wire.spdy import connection as spdy

SUCCESS = b'{"metadata":{},"status":"Success"}'
FAILURE = b'{"metadata":{},"status":"Failure","message":"command terminated with exit code 7"}'


class Registry:
    """The objects that streaming looks up."""

    def __init__(self, kubelet_port: int):
        self.objects: dict[tuple[str, str], dict[str, Any]] = {
            ("pods", "web"): {
                "metadata": {"name": "web"},
                "spec": {
                    "nodeName": "n1",
                    "containers": [{"name": "main", "ports": [{"containerPort": kubelet_port}]}],
                },
                "status": {"podIP": "127.0.0.1"},
            },
            ("pods", "two"): {
                "metadata": {"name": "two"},
                "spec": {"nodeName": "n1", "containers": [{"name": "a"}, {"name": "b"}]},
            },
            ("pods", "new"): {"metadata": {"name": "new"}, "spec": {"containers": [{"name": "main"}]}},
            ("nodes", "n1"): {
                "status": {
                    "addresses": [
                        {"type": "Hostname", "address": "nowhere"},
                        {"type": "InternalIP", "address": "127.0.0.1"},
                    ],
                    "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet_port}},
                }
            },
            ("services", "svc"): {"metadata": {"name": "svc"}, "spec": {"ports": [{"name": "http", "port": 80}]}},
            ("services", "none"): {"metadata": {"name": "none"}, "spec": {"ports": [{"port": 80}]}},
        }
        self.slices = [
            {
                "metadata": {"labels": {"kubernetes.io/service-name": "svc"}},
                "ports": [{"name": "http", "port": kubelet_port}],
                "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": True}}],
            }
        ]

    def read(self, group: str, plural: str, name: str, *, namespace: str = "") -> dict[str, Any] | None:
        return self.objects.get((plural, name))

    def read_all(self, group: str, plural: str, *, namespace: str = "") -> list[dict[str, Any]]:
        return self.slices


class Kubelet:
    """Echoes stdin to stdout until it ends, then says how the command ended; everything else is plain HTTP."""

    def __init__(self) -> None:
        self.requests: list[messages.Request] = []
        self.sizes: list[bytes] = []

    def __call__(self, request: messages.Request):
        self.requests.append(request)
        if request.path.startswith("/exec/default/two"):
            return messages.Response(404, (), b"container not found")
        if request.headers.get("upgrade") == "SPDY/3.1":
            protocol = request.headers.get_all("x-stream-protocol-version")[0]
            headers = [
                (b"connection", b"Upgrade"),
                (b"upgrade", b"SPDY/3.1"),
                (b"x-stream-protocol-version", protocol.encode()),
            ]
            command = self.forward if "portForward" in request.path else self.command
            return messages.UpgradeResponse(headers, functools.partial(command, request))
        return self.plain(request)

    def plain(self, request: messages.Request):
        if request.path.startswith("/containerLogs"):
            return messages.StreamResponse(200, (), self.lines())
        if request.path == "/page":
            return messages.Response(200, [(b"content-type", b"text/html")], b'<a href="/next">n</a> <a href="//x/y">')
        if request.path == "/moved":
            return messages.Response(302, [(b"location", b"/page")])
        return messages.Response(
            200, [(b"x-method", request.method.encode())], request.target.encode() + b"|" + request.body
        )

    async def lines(self):
        yield b"one\n"
        yield b"two\n"

    async def command(self, request: messages.Request, stream: duplex.Duplex) -> None:
        far = spdy.Connection(stream, client=False)
        async with tasks.TaskOwner("kubelet") as owner:
            owner.start(far.run(), "spdy")
            streams: dict[str, spdy.Stream] = {}
            while len(streams) < 1 + sum(f"{name}=1" in request.raw_query for name in ("input", "output", "tty")):
                opened = await far.accept()
                streams[opened.headers["streamtype"]] = opened
            if "resize" in streams:
                self.sizes.append(await streams["resize"].read())
            if "stdin" in streams:
                while data := await streams["stdin"].read():
                    await streams["stdout"].write(data)
            await streams["stdout"].end()
            await streams["error"].write(FAILURE if "fail" in request.raw_query else SUCCESS)
            await streams["error"].end()
            await asyncio.sleep(0.01)

    async def forward(self, request: messages.Request, stream: duplex.Duplex) -> None:
        while data := await stream.read():
            await stream.write(data[::-1])


class Cluster:
    """The API server's streaming part in front of one kubelet."""

    async def __aenter__(self) -> "Cluster":
        self.kubelet = Kubelet()
        self._node = await server.serve(self.kubelet, host="127.0.0.1", port=0)
        registry = Registry(self._node.port)
        handlers: dict[tuple[str, str], Any] = {}
        dispatcher = SimpleNamespace(
            add_subresource=lambda group, plural, name, handler: handlers.update({(plural, name): handler})
        )
        table.install(dispatcher, None)

        async def handle(request: messages.Request):
            route = routing.route(request.path)
            call = calls.Call(request, route, "get", identity.ANONYMOUS)
            call.resource = SimpleNamespace(plural=route.plural)
            try:
                return await handlers[(route.plural, route.subresource)](registry, call)
            except status.StatusError as error:
                return messages.Response(error.code, (), json.dumps(error.body()).encode())

        self._server = await server.serve(handle, host="127.0.0.1", port=0)
        self.http = client.HttpClient(f"http://127.0.0.1:{self._server.port}")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()
        await self._server.close()
        await self._node.close()

    async def websocket(self, path: str, protocol: str) -> "Socket":
        return Socket(await self.http.upgrade("GET", path, headers=websocket.client_headers(protocol)))


class Socket:
    """A WebSocket client."""

    def __init__(self, stream: duplex.Duplex):
        self.stream, self._core = stream, websocket.WebSocket(client=True)

    async def send(self, data: bytes) -> None:
        self._core.send(data)
        await self.stream.write(self._core.data_to_send())

    async def everything(self) -> tuple[list[bytes], int]:
        """All messages until the close, and its code."""
        received: list[bytes] = []
        while data := await self.stream.read():
            for event in self._core.receive(data):
                if isinstance(event, websocket.Closed):
                    await self.stream.close()
                    return received, event.code
                received.append(event.data)
        return received, 0


EXEC = "/api/v1/namespaces/default/pods/web/exec?command=cat&command=a%20b&stdin=true&stdout=true&stderr=true"


def run(scenario):
    async def cluster():
        async with Cluster() as made:
            return await asyncio.wait_for(scenario(made), 20)

    return asyncio.run(cluster())


def by_channel(received: list[bytes]) -> dict[int, bytes]:
    joined: dict[int, bytes] = {}
    for message in received:
        joined[message[0]] = joined.get(message[0], b"") + message[1:]
    return joined


def test_a_command_over_websocket_v5_ends_its_input_and_gets_output_and_status():
    async def scenario(cluster):
        socket = await cluster.websocket(EXEC, "v5.channel.k8s.io")
        await socket.send(b"\x00hello " + b"x" * 200_000)
        await socket.send(b"\xff\x00")
        return (
            socket.stream.headers.get("sec-websocket-protocol"),
            await socket.everything(),
            cluster.kubelet.requests[0],
        )

    protocol, (received, code), request = run(scenario)
    assert (protocol, code) == ("v5.channel.k8s.io", 1000)
    assert by_channel(received) == {1: b"hello " + b"x" * 200_000, 3: SUCCESS}
    assert request.target == "/exec/default/web/main?input=1&output=1&error=1&command=cat&command=a+b"


@pytest.mark.parametrize(("command", "told"), [("fine", {}), ("fail", {3: b"command terminated with exit code 7"})])
def test_the_oldest_protocol_is_told_of_failures_only(command, told):
    async def scenario(cluster):
        path = f"/api/v1/namespaces/default/pods/web/exec?command={command}&stdout=1"
        return await (await cluster.websocket(path, "channel.k8s.io")).everything()

    received, _ = run(scenario)
    assert by_channel(received) == told


def test_a_terminal_has_sizes_and_no_separate_errors():
    async def scenario(cluster):
        path = "/api/v1/namespaces/default/pods/web/exec?command=sh&stdout=1&stderr=1&tty=1"
        socket = await cluster.websocket(path, "v4.channel.k8s.io")
        await socket.send(b'\x04{"Width":80,"Height":24}')
        await socket.everything()
        return cluster.kubelet

    kubelet = run(scenario)
    assert kubelet.sizes == [b'{"Width":80,"Height":24}']
    assert "error=1" not in kubelet.requests[0].raw_query


def test_a_command_over_spdy_is_passed_through():
    async def scenario(cluster):
        headers = {"Upgrade": "SPDY/3.1", "X-Stream-Protocol-Version": ["v4.channel.k8s.io", "v3.channel.k8s.io"]}
        stream = await cluster.http.upgrade("POST", EXEC, headers=headers)
        near = spdy.Connection(stream, client=True)
        async with tasks.TaskOwner("client") as owner:
            owner.start(near.run(), "spdy")
            error, stdin, stdout = [await near.open({"streamType": name}) for name in ("error", "stdin", "stdout")]
            await near.open({"streamType": "stderr"})
            await stdin.write(b"hi")
            assert await stdout.read() == b"hi"
            await stdin.end()
            ended = await error.read()
        await near.close()
        return stream.headers.get("x-stream-protocol-version"), ended, cluster.kubelet.requests[0]

    protocol, ended, request = run(scenario)
    assert (protocol, ended) == ("v4.channel.k8s.io", SUCCESS)
    assert request.headers.get_all("x-stream-protocol-version") == ["v4.channel.k8s.io", "v3.channel.k8s.io"]


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        ("pods/gone/exec?command=x&stdout=1", 404, 'pods "gone" not found'),
        ("pods/new/exec?command=x&stdout=1", 400, "pod new does not have a host assigned"),
        (
            "pods/two/exec?command=x&stdout=1",
            400,
            "a container name must be specified for pod two, choose one of: [a b]",
        ),
        ("pods/two/exec?command=x&stdout=1&container=c", 400, "container c is not valid for pod two"),
        ("pods/two/exec?command=x&stdout=1&container=a", 404, "container not found"),
        ("pods/web/exec?command=x", 400, "you must specify at least 1 of stdin, stdout, stderr"),
        ("services/none/proxy/", 503, 'no endpoints available for service "none"'),
        ("services/svc:other/proxy/", 503, 'no service port "other" found for service "svc"'),
        (
            "pods/web/log?tailLines=-1",
            422,
            'PodLogOptions "web" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
        ),
    ],
)
def test_what_cannot_be_streamed_is_refused_before_the_upgrade(path, code, message):
    async def scenario(cluster):
        headers = websocket.client_headers("v4.channel.k8s.io") if "exec" in path else {}
        return await cluster.http.request("GET", f"/api/v1/namespaces/default/{path}", headers=headers)

    answer = run(scenario)
    assert (answer.status, json.loads(answer.body)["message"]) == (code, message)


def test_logs_are_streamed_and_options_passed_on():
    async def scenario(cluster):
        answer = await cluster.http.request("GET", "/api/v1/namespaces/default/pods/web/log?tailLines=5&pretty=1")
        empty = await cluster.http.request("GET", "/api/v1/namespaces/default/pods/new/log")
        return answer.body, empty, cluster.kubelet.requests[0].target

    body, empty, target = run(scenario)
    assert body == b"one\ntwo\n"
    assert (empty.status, empty.body) == (200, b"")
    assert target == "/containerLogs/default/web/main?tailLines=5"


def test_logs_come_over_websocket_too():
    async def scenario(cluster):
        socket = await cluster.websocket("/api/v1/namespaces/default/pods/web/log", "binary.k8s.io")
        return await socket.everything()

    received, code = run(scenario)
    assert (b"".join(received), code) == (b"one\ntwo\n", 1000)


def test_a_port_forward_tunnel_is_unwrapped():
    async def scenario(cluster):
        path = "/api/v1/namespaces/default/pods/web/portforward"
        socket = await cluster.websocket(path, "SPDY/3.1+portforward.k8s.io")
        await socket.send(b"abc")
        answer = await socket.stream.read()
        await socket.stream.close()
        return answer, cluster.kubelet.requests[0]

    answer, request = run(scenario)
    assert answer == b"\x82\x03cba"
    assert (request.path, request.headers.get("x-stream-protocol-version")) == (
        "/portForward/default/web",
        "portforward.k8s.io",
    )


@pytest.mark.parametrize(
    "where", ["pods/web", "pods/http:web:{port}", "services/svc", "services/svc:http", "services/svc:80"]
)
def test_requests_are_proxied_with_path_query_and_body(where):
    async def scenario(cluster):
        path = f"/api/v1/namespaces/default/{where.format(port=cluster._node.port)}/proxy"
        posted = await cluster.http.request(
            "POST", f"{path}/a%2Fb/?q=1", body=b"data", headers={"Authorization": "Bearer s"}
        )
        slash = await cluster.http.request("GET", f"{path}?x=1")
        page = await cluster.http.request("GET", f"{path}/page")
        moved = await cluster.http.request("GET", f"{path}/moved")
        return path, posted, slash, page, moved, cluster.kubelet.requests[0]

    path, posted, slash, page, moved, request = run(scenario)
    assert (posted.headers.get("x-method"), posted.body) == ("POST", b"/a%2Fb/?q=1|data")
    assert (slash.status, slash.headers.get("location")) == (301, f"{path}/?x=1")
    assert page.body == f'<a href="{path}/next">n</a> <a href="//x/y">'.encode()
    assert moved.headers.get("location") == f"{path}/page"
    assert request.headers.get("authorization") == ""


def test_nodes_are_proxied_to_their_kubelet():
    async def scenario(cluster):
        return await cluster.http.request("GET", "/api/v1/nodes/n1/proxy/healthz")

    assert run(scenario).body == b"/healthz|"
