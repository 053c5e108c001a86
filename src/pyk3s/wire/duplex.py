"""A raw two-way byte stream over an asyncio transport, as it is after an upgrade or a plain connect.

Incoming bytes wait in a bounded buffer: above `HIGH_WATER` the transport stops reading, so a slow reader slows
its peer.
"""

import asyncio
from collections import deque
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from pyk3s.wire.http.messages import Headers

HIGH_WATER = 256 * 1024


class Duplex:
    """Read, write, close. The owner of the transport feeds it; one reader at a time, any number of writers."""

    def __init__(self, transport: asyncio.Transport, headers: "Headers | None" = None):
        self.headers = headers
        """The headers of the answer that made this stream, where it was made by an upgrade."""
        self._transport = transport
        self._arrived: deque[bytes] = deque()
        self._size = 0
        self._ended = False
        self._reader: asyncio.Future[None] | None = None
        self._writers: list[asyncio.Future[None]] = []
        self._full = False

    async def read(self) -> bytes:
        """The next bytes, b"" at the end of the stream."""
        while not self._arrived:
            if self._ended:
                return b""
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        data = self._arrived.popleft() if len(self._arrived) == 1 else b"".join(self._arrived)
        self._arrived.clear()
        if self._size > HIGH_WATER and not self._ended:
            self._transport.resume_reading()
        self._size = 0
        return data

    async def write(self, data: bytes) -> None:
        """Send bytes; returns when the transport takes more. Raises ConnectionResetError when the peer has gone."""
        if self._transport.is_closing():
            raise ConnectionResetError("the peer has closed the connection")
        self._transport.write(data)
        if self._full:
            waiting = asyncio.get_running_loop().create_future()
            self._writers.append(waiting)
            await waiting

    def write_soon(self, data: bytes) -> None:
        """Send bytes without waiting for room: for small answers that must not hold up who reads."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def write_eof(self) -> None:
        """Say that no more comes, where the transport can (plain TCP); TLS closes as a whole."""
        if self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()

    async def close(self) -> None:
        """Send what is buffered, then close."""
        self._transport.close()
        self.feed_eof()

    def abort(self) -> None:
        """Close at once, whatever is still buffered: the only way to end what no longer answers."""
        self._transport.abort()
        self.feed_eof()

    def feed(self, data: bytes) -> None:
        """Bytes have arrived."""
        before, self._size = self._size, self._size + len(data)
        self._arrived.append(data)
        if before <= HIGH_WATER < self._size:
            self._transport.pause_reading()
        _wake(self._reader)

    def feed_eof(self) -> None:
        """No more bytes will arrive."""
        self._ended = True
        _wake(self._reader)

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        writers, self._writers = self._writers, []
        for writer in writers:
            _wake(writer)

    def lost(self) -> None:
        """The connection has gone: readers see the end, a waiting writer continues into its error."""
        self.feed_eof()
        self.resume_writing()


class DuplexProtocol(asyncio.Protocol):
    """The asyncio protocol of a connection that is a Duplex from its first byte."""

    duplex: Duplex

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.duplex = Duplex(cast(asyncio.Transport, transport))  # uvloop's TLS transport derives from nothing

    def data_received(self, data: bytes) -> None:
        self.duplex.feed(data)

    def eof_received(self) -> bool:
        self.duplex.feed_eof()
        return True

    def pause_writing(self) -> None:
        self.duplex.pause_writing()

    def resume_writing(self) -> None:
        self.duplex.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        self.duplex.lost()


def _wake(waiter: "asyncio.Future[None] | None") -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


async def pump(source: Duplex, target: Duplex) -> None:
    """Copy until the source ends or the target is gone; then pass the end on."""
    try:
        while data := await source.read():
            await target.write(data)
        target.write_eof()
    except ConnectionError:
        await source.close()
