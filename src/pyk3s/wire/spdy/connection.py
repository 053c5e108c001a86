"""SPDY streams over a Duplex: open, accept, read and write them as coroutines.

One task reads the connection and sorts the data into streams. A stream that nobody reads fast enough holds the whole
connection back above `HIGH_WATER`: there are no windows that could hold it alone.
"""

import asyncio
from collections.abc import Mapping

from pyk3s.wire import arrivals, duplex
from pyk3s.wire.spdy import session as sessions

HIGH_WATER = 256 * 1024


class Stream(arrivals.Arrivals):
    """One stream of a connection; `headers` are those it was opened with."""

    def __init__(self, connection: "Connection", number: int, headers: Mapping[str, str]):
        super().__init__()
        self.number, self.headers = number, headers
        self._connection = connection

    async def read(self) -> bytes:
        """The next bytes, b"" at the end of the stream or of the connection."""
        data = await self.take()
        self._connection.drained.set()
        return data

    async def write(self, data: bytes) -> None:
        """Send bytes; raises ConnectionError when the connection has gone."""
        await self._connection.send(self.number, data, end=False)

    async def end(self) -> None:
        """Say that no more comes."""
        await self._connection.send(self.number, b"", end=True)


class Connection:
    """A SPDY connection. `run` must be running for anything to arrive."""

    def __init__(self, transport: duplex.Duplex, *, client: bool):
        self._transport = transport
        self._session = sessions.Session(client=client)
        self._streams: dict[int, Stream] = {}
        self._opened: asyncio.Queue[Stream | None] = asyncio.Queue()
        self.drained = asyncio.Event()

    async def open(self, headers: Mapping[str, str]) -> Stream:
        """Open a stream. The other side's reply is not waited for: it resets what it does not want."""
        number = self._session.open(headers)
        stream = self._streams[number] = Stream(self, number, headers)
        await self._flush()
        return stream

    async def accept(self) -> Stream | None:
        """The next stream that the other side opens, already replied to; None at the end of the connection."""
        return await self._opened.get()

    async def send(self, number: int, data: bytes, *, end: bool) -> None:
        self._session.send(number, data, end=end)
        await self._flush()

    async def run(self) -> None:
        """Sort what arrives into streams until the connection ends. Raises SpdyError."""
        try:
            while data := await self._transport.read():
                for event in self._session.receive(data):
                    self._take(event)
                await self._flush()
                await self._wait_for_readers()
        finally:
            for stream in self._streams.values():
                stream.feed(ended=True)
            self._opened.put_nowait(None)

    async def close(self) -> None:
        await self._transport.close()

    def _take(self, event: sessions.Event) -> None:
        if isinstance(event, sessions.Opened):
            stream = self._streams[event.stream] = Stream(self, event.stream, event.headers)
            self._session.reply(event.stream)
            stream.feed(ended=event.ended)
            self._opened.put_nowait(stream)
        elif isinstance(event, sessions.Data) and event.stream in self._streams:
            self._streams[event.stream].feed(event.data, ended=event.ended)
        elif isinstance(event, sessions.Reset) and event.stream in self._streams:
            self._streams.pop(event.stream).feed(ended=True)

    async def _wait_for_readers(self) -> None:
        while sum(stream.waiting_bytes for stream in self._streams.values()) > HIGH_WATER:
            self.drained.clear()
            await self.drained.wait()

    async def _flush(self) -> None:
        if data := self._session.data_to_send():
            await self._transport.write(data)
