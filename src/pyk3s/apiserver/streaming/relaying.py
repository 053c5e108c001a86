"""Two connections as one: bytes both ways, plain or with one side inside WebSocket messages."""

import asyncio
from collections.abc import AsyncIterator

from pyk3s.lib import tasks
from pyk3s.wire import duplex, websocket
from pyk3s.wire.http import client as http
from pyk3s.wire.http import messages

DROPPED = (b"date", b"content-length", b"transfer-encoding", b"keep-alive")


def relayed(client: http.HttpClient, far: duplex.Duplex) -> messages.UpgradeResponse:
    """Pass on the upgrade that `far` is the result of."""

    async def run(near: duplex.Duplex) -> None:
        try:
            await both_ways(near, far)
        finally:
            await far.close()
            await client.close()

    raw = far.headers.raw if far.headers is not None else ()
    return messages.UpgradeResponse([pair for pair in raw if pair[0].lower() not in DROPPED], run)


async def both_ways(near: duplex.Duplex, far: duplex.Duplex) -> None:
    """Copy in both directions until one side has ended and what it said has been passed on."""
    async with tasks.TaskOwner("relay") as owner:
        inward = owner.start(duplex.pump(near, far), "in")
        outward = owner.start(duplex.pump(far, near), "out")
        await asyncio.wait({inward, outward}, return_when=asyncio.FIRST_COMPLETED)


class WebSocketDuplex:
    """A server-side WebSocket over a Duplex: whole messages in and out, close frames and pings looked after."""

    def __init__(self, stream: duplex.Duplex):
        self._stream = stream
        self._socket = websocket.WebSocket(client=False)

    async def received(self) -> AsyncIterator[websocket.Message]:
        """Every message until the client closes or goes."""
        while data := await self._stream.read():
            for event in self._socket.receive(data):
                if isinstance(event, websocket.Closed):
                    await self._flush()
                    return
                yield event
            await self._flush()

    async def send(self, data: bytes, *, text: bool = False) -> None:
        self._socket.send(data, text=text)
        await self._flush()

    async def close(self, code: int = websocket.NORMAL, reason: str = "") -> None:
        """Say goodbye; the client's own goodbye is not waited for."""
        self._socket.close(code, reason)
        await self._flush()

    async def _flush(self) -> None:
        if data := self._socket.data_to_send():
            await self._stream.write(data)


def wants_websocket(request: messages.Request) -> bool:
    return request.headers.get("upgrade").lower() == "websocket"


def accepted(request: messages.Request, protocol: str) -> list[tuple[bytes, bytes]]:
    """The headers that accept a WebSocket; `protocol` is told only to who asked for one."""
    asked = request.headers.get("sec-websocket-protocol")
    return websocket.server_headers(request.headers.get("sec-websocket-key"), protocol if asked else "")
