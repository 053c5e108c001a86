"""A tunnel on asyncio: streams that are read and written as coroutines, over a Duplex that has become a WebSocket.

Both ends ping. A tunnel that brought nothing for `dead_s` is cut, so that one whose other end vanished without a word
does not look alive.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from pyk3s.lib import clock, tasks
from pyk3s.wire import arrivals, duplex, websocket
from pyk3s.wire.tunnel import mux

MOST_MESSAGE = 64 * 1024
Handle = Callable[["Stream"], Coroutine[Any, Any, None]]


class Stream(arrivals.Arrivals):
    """One stream of a tunnel."""

    def __init__(self, connection: "Connection", number: int):
        super().__init__()
        self.number = number
        self.reason = ""
        """Why the other side reset the stream, where it said so."""
        self._connection = connection

    async def read(self) -> bytes:
        """The next bytes, b"" at the end of the stream or of the tunnel."""
        data = await self.take()
        if data:
            await self._connection.took(self.number, len(data))
        return data

    async def write(self, data: bytes) -> None:
        """Send bytes, as the other side has room for them; raises ConnectionError when the stream is over."""
        await self._connection.send(self, data)

    async def end(self) -> None:
        """Say that no more comes."""
        await self._connection.end(self.number)

    async def reset(self, reason: str = "") -> None:
        """Be done with it in both directions."""
        await self._connection.reset(self.number, reason)


class Connection:
    """One end of a tunnel: the `client` of the WebSocket accepts streams with `handle`, its server opens them."""

    def __init__(
        self,
        transport: duplex.Duplex,
        *,
        client: bool,
        ping_s: float,
        dead_s: float,
        time: clock.Clock,
        handle: Handle | None = None,
    ):
        self._transport, self._handle, self._time = transport, handle, time
        self._ping_s, self._dead_s = ping_s, dead_s
        self._socket = websocket.WebSocket(client=client, most_bytes=MOST_MESSAGE)
        self._mux = mux.Mux(opens=not client)
        self._streams: dict[int, Stream] = {}
        self._heard = time.monotonic()
        self._owner = tasks.TaskOwner("tunnel", self._stream_failed)
        self.over = False

    def open(self) -> Stream:
        """Open a stream; raises ConnectionError."""
        if self.over:
            raise ConnectionResetError("the tunnel has gone")
        number = self._mux.open()
        stream = self._streams[number] = Stream(self, number)
        return stream

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run work that ends with the tunnel."""
        self._owner.start(work, name)

    async def run(self) -> None:
        """Until the tunnel ends, for whatever reason."""
        try:
            self._owner.start(self._greet(), "greet")
            self._owner.start(self._watch(), "watch")
            while data := await self._transport.read():
                self._heard = self._time.monotonic()
                goes_on = self._take_all(data)
                self._transport.write_soon(self._unsent())
                if not goes_on:
                    break
        except ConnectionError:
            return  # the tunnel is over, whoever ended it
        finally:
            self.over = True
            self._transport.abort()
            for stream in self._streams.values():
                stream.feed(ended=True)
            await self._owner.close()

    def cut(self) -> None:
        """End the tunnel at once."""
        self._transport.abort()

    # -- what streams call --------------------------------------------------------------------------------------

    async def send(self, stream: Stream, data: bytes) -> None:
        while data:
            if self.over:
                raise ConnectionResetError("the tunnel has gone")
            sent = self._mux.send(stream.number, data)
            data = data[sent:]
            await self._flush()
            if data and not self._mux.room(stream.number):
                await stream.changed()

    async def end(self, number: int) -> None:
        self._mux.end(number)
        await self._flush()

    async def reset(self, number: int, reason: str) -> None:
        self._mux.reset(number, reason)
        self._streams.pop(number, None)
        await self._flush()

    async def took(self, number: int, size: int) -> None:
        self._mux.took(number, size)
        await self._flush()

    # -- the connection -----------------------------------------------------------------------------------------

    def _take_all(self, data: bytes) -> bool:
        """False when the other side has said goodbye; raises TunnelError."""
        for message in self._socket.receive(data):
            if isinstance(message, websocket.Closed):
                return False
            event = self._mux.receive(message.data)
            if event is not None:
                self._take(event)
        return True

    def _take(self, event: mux.Event) -> None:
        if isinstance(event, mux.Opened):
            stream = self._streams[event.stream] = Stream(self, event.stream)
            assert self._handle is not None  # the mux lets only the other side open where there is a handler
            self._owner.start(self._handle(stream), f"stream {event.stream}")
            return
        found = self._streams.get(event.stream)
        if found is None:
            return
        if isinstance(event, mux.Reset):
            self._streams.pop(event.stream)
            found.reason = event.reason
        data = event.data if isinstance(event, mux.Data) else b""
        found.feed(data, ended=isinstance(event, mux.Ended | mux.Reset))

    async def _greet(self) -> None:
        while True:
            await self._time.sleep(self._ping_s)
            self._socket.ping()
            await self._flush()

    async def _watch(self) -> None:
        """Apart from greeting: a write to an end that has vanished may wait for ever."""
        while self._time.monotonic() - self._heard < self._dead_s:
            await self._time.sleep(self._ping_s)
        self._transport.abort()

    async def _flush(self) -> None:
        if data := self._unsent():
            await self._transport.write(data)

    def _unsent(self) -> bytes:
        for message in self._mux.messages():
            self._socket.send(message)
        return self._socket.data_to_send()

    def _stream_failed(self, name: str, error: BaseException) -> None:
        """What works on a stream ends with its connections; anything else is a fault that must be seen."""
        if not isinstance(error, ConnectionError):
            asyncio.get_running_loop().call_exception_handler({"message": f"{name} failed", "exception": error})


async def relay(stream: Stream, near: duplex.Duplex) -> None:
    """Pass bytes both ways until both directions have ended, or one side is gone."""

    async def outward() -> None:
        while data := await near.read():
            await stream.write(data)
        await stream.end()

    async def inward() -> None:
        while data := await stream.read():
            await near.write(data)
        near.write_eof()

    whole = False
    try:
        async with tasks.TaskOwner("relay") as owner:
            ways = [owner.start(outward(), "out"), owner.start(inward(), "in")]
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
            for each in done:
                each.result()
        whole = True
    except ConnectionError:
        return  # one side is gone: the other learns it by its end
    finally:
        await near.close() if whole else near.abort()
        await stream.reset()
