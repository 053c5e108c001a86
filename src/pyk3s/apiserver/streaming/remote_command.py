"""`pods/exec` and `pods/attach`.

SPDY from older clients goes to the kubelet as it is. WebSocket channels (v5 and older) become the streams of a SPDY
connection to the kubelet: error, stdin, stdout, stderr, resize, as the remote-command protocol v4 names them.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.streaming import kubelets, relaying
from pyk3s.lib import tasks
from pyk3s.wire import channels, duplex, websocket
from pyk3s.wire.http import client as http
from pyk3s.wire.http import messages
from pyk3s.wire.spdy import connection as spdy

SPDY_PROTOCOLS = ("v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io")
UPSTREAM_NAMES = {"stdin": "input", "stdout": "output", "stderr": "error", "tty": "tty"}
STREAMS = {"stdin": channels.STDIN, "stdout": channels.STDOUT, "stderr": channels.STDERR, "resize": channels.RESIZE}
Handler = Callable[[registries.Registry, calls.Call], Coroutine[Any, Any, messages.AnyResponse]]


def handler(nodes: kubelets.Kubelets, kind: str) -> Handler:
    """The handler of `exec` or `attach`."""

    async def handle(registry: registries.Registry, call: calls.Call) -> messages.AnyResponse:
        pod = kubelets.read_pod(registry, call.route.namespace, call.route.name)
        wanted = _wanted(call)
        container = kubelets.pick_container(pod, call.parameter("container"))
        client = nodes.of_pod(registry, pod)
        where = "/".join(quote(part, safe="") for part in (call.route.namespace, call.route.name, container))
        query = [(UPSTREAM_NAMES[name], "1") for name in wanted]
        query += [("command", each) for each in call.query.get("command", [])] if kind == "exec" else []
        target = f"/{kind}/{where}?{urlencode(query)}"
        if relaying.wants_websocket(call.request):
            return await _translated(client, target, call.request, wanted)
        headers = _upgrade_headers(call.request)
        return relaying.relayed(client, await kubelets.upgraded(client, call.request.method, target, headers))

    return handle


def _wanted(call: calls.Call) -> list[str]:
    """Which of stdin, stdout, stderr and tty are asked for; raises 400."""
    wanted = [name for name in UPSTREAM_NAMES if call.flag(name)]
    if not any(name != "tty" for name in wanted):
        raise status.bad_request("you must specify at least 1 of stdin, stdout, stderr")
    if "tty" in wanted and "stderr" in wanted:
        wanted.remove("stderr")  # a terminal has one output
    return wanted


def _upgrade_headers(request: messages.Request) -> dict[str, str | list[str]]:
    protocol = request.headers.get("upgrade")
    if not protocol:
        raise status.bad_request("Upgrade request required")
    return {
        "Upgrade": protocol,
        "X-Stream-Protocol-Version": request.headers.lists("x-stream-protocol-version"),
    }


async def _translated(
    client: http.HttpClient, target: str, request: messages.Request, wanted: list[str]
) -> messages.AnyResponse:
    name = channels.negotiate(request.headers.lists("sec-websocket-protocol"))
    if name is None:
        raise status.bad_request(f"none of the WebSocket protocols is supported; known are {channels.PROTOCOLS}")
    headers = {"Upgrade": "SPDY/3.1", "X-Stream-Protocol-Version": SPDY_PROTOCOLS}
    far = await kubelets.upgraded(client, "POST", target, headers)
    session = _Translation(channels.Protocol(name), far, wanted)

    async def run(near: duplex.Duplex) -> None:
        try:
            await session.run(near)
        finally:
            await far.close()
            await client.close()

    return messages.UpgradeResponse(relaying.accepted(request, name), run)


class _Translation:
    """One command: channels of a WebSocket on this side, streams of a SPDY connection on the other."""

    def __init__(self, protocol: channels.Protocol, far: duplex.Duplex, wanted: list[str]):
        self._protocol = protocol
        self._far = spdy.Connection(far, client=True)
        self._wanted = [*(name for name in wanted if name != "tty"), *(("resize",) if "tty" in wanted else ())]
        self._streams: dict[int, spdy.Stream] = {}

    async def run(self, near: duplex.Duplex) -> None:
        """Until the command has ended and all it said is passed on, or the client goes."""
        socket = relaying.WebSocketDuplex(near)
        async with tasks.TaskOwner("exec") as owner:
            owner.start(self._far.run(), "spdy")
            error = await self._far.open({"streamType": "error"})
            for name in self._wanted:
                self._streams[STREAMS[name]] = await self._far.open({"streamType": name})
            spoken = (channels.STDOUT, channels.STDERR)
            output = [
                owner.start(self._speak(socket, channel, self._streams[channel]), f"channel {channel}")
                for channel in spoken
                if channel in self._streams
            ]
            output.append(owner.start(self._tell_end(socket, error), "error"))
            inward = owner.start(self._listen(socket), "in")
            everything = owner.start(_all(output), "output")
            await asyncio.wait({inward, everything}, return_when=asyncio.FIRST_COMPLETED)
            if everything.done():
                await socket.close()

    async def _listen(self, socket: relaying.WebSocketDuplex) -> None:
        async for message in socket.received():
            try:
                arrived = self._protocol.unpack(message.data)
            except channels.ChannelError as error:
                await socket.close(websocket.PROTOCOL_ERROR, str(error))
                return
            stream = self._streams.get(arrived.channel)
            if stream is None or arrived.channel not in (channels.STDIN, channels.RESIZE):
                continue
            if arrived.data:
                await stream.write(arrived.data)
            if arrived.ended:
                await stream.end()

    async def _speak(self, socket: relaying.WebSocketDuplex, channel: int, stream: spdy.Stream) -> None:
        while data := await stream.read():
            message, text = self._protocol.pack(channel, data)
            await socket.send(message, text=text)

    async def _tell_end(self, socket: relaying.WebSocketDuplex, stream: spdy.Stream) -> None:
        """Pass on how the command ended, which the kubelet says in one Status object."""
        told = b""
        while data := await stream.read():
            told += data
        if not self._protocol.structured_errors:
            told = _failure_text(told)
        if told:
            message, text = self._protocol.pack(channels.ERROR, told)
            await socket.send(message, text=text)


async def _all(output: list["asyncio.Task[None]"]) -> None:
    await asyncio.gather(*output)


def _failure_text(told: bytes) -> bytes:
    """The message of a Status that is not a success, for protocols that know text only."""
    try:
        result = msgspec.json.decode(told, type=dict)
    except msgspec.DecodeError:
        return told
    return b"" if result.get("status") == "Success" else str(result.get("message", "")).encode()
