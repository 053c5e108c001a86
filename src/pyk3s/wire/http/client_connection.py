"""One client-side HTTP connection: sends a request, parses its answer, hands the body on in pieces.

One request at a time, no pipelining. Above `HIGH_WATER` unread bytes the connection stops reading.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import cast

import httptools

from pyk3s.wire.duplex import HIGH_WATER, Duplex
from pyk3s.wire.http.messages import Headers


class Closed(ConnectionResetError):
    """The connection ended; `unseen` if not one byte of an answer had arrived on it since the request."""

    def __init__(self, unseen: bool):
        super().__init__("the server closed the connection before the answer was complete")
        self.unseen = unseen


class ClientConnection(asyncio.Protocol):
    """One connection: sends a request, parses its answer, hands the body on in pieces."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None
        self._started = self._head_complete = self._complete = False
        self._error: Exception | None = None
        self._duplex: Duplex | None = None
        self._upgraded: bytes | None = None
        self._bodiless = self._kept = False
        self.idle_since = 0.0
        self.age = 0

    # the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's TLS transport derives from nothing

    def data_received(self, data: bytes) -> None:
        if self._duplex is not None:
            self._duplex.feed(data)
            return
        if self._upgraded is not None:
            self._upgraded += data
            return
        if self._complete:
            self._fail("the server sent more than its answer")
            return
        self._started = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgraded = data[upgrade.args[0] :]
        except httptools.HttpParserError as error:
            self._fail(f"the server's answer is not HTTP: {error}")
        self._wake()

    def _fail(self, why: str) -> None:
        self._error = ConnectionError(why)
        self._transport.abort()

    def eof_received(self) -> bool:
        if self._duplex is not None:
            self._duplex.feed_eof()
            return True
        return False

    def pause_writing(self) -> None:
        if self._duplex is not None:
            self._duplex.pause_writing()

    def resume_writing(self) -> None:
        if self._duplex is not None:
            self._duplex.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        if self._duplex is not None:
            self._duplex.lost()
        if not self._complete and self._error is None:
            if self._head_complete and self._ends_with_the_connection():
                self._complete = True
            else:
                self._error = Closed(unseen=not self._started)
        self._wake()

    def _ends_with_the_connection(self) -> bool:
        headers = Headers(self._headers)
        return not headers.get("content-length") and not headers.get("transfer-encoding")

    # the parser

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self._parser.get_status_code() == 100:
            self._headers = []
            return
        self._head_complete = True

    def on_body(self, data: bytes) -> None:
        self._chunks.append(data)
        before, self._size = self._size, self._size + len(data)
        if before <= HIGH_WATER < self._size:
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        if self._head_complete:
            self._complete = True
            self._kept = self._parser.should_keep_alive()  # the parser knows only now, not when asked later

    # requests

    @property
    def usable(self) -> bool:
        """Whether another request may be sent."""
        return not self._transport.is_closing() and self._error is None

    def send(self, head: bytes, body: bytes, *, bodiless: bool) -> None:
        self._headers = []
        self._started = self._head_complete = self._complete = False
        self._bodiless, self._kept = bodiless, False
        if bodiless:  # the parser cannot know that a HEAD's answer has no body
            self._parser = httptools.HttpResponseParser(self)
        self._transport.write(head + body)

    async def answer_head(self) -> tuple[int, Headers]:
        while not self._head_complete:
            await self._more()
        return self._parser.get_status_code(), Headers(self._headers)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body in the pieces it arrives in."""
        while not self._bodiless:
            if self._chunks:
                data = b"".join(self._chunks)
                self._chunks.clear()
                if self._size > HIGH_WATER:
                    self._transport.resume_reading()
                self._size = 0
                yield data
            elif self._complete:
                return
            else:
                await self._more()

    async def _more(self) -> None:
        if self._error is not None:
            raise self._error
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def reusable(self) -> bool:
        """Whether the answer is complete and the server keeps the connection."""
        keeps = self._complete and not self._bodiless and not self._chunks and self._kept
        return keeps and self.usable and self._upgraded is None

    def into_duplex(self) -> Duplex:
        self._duplex = duplex = Duplex(self._transport, Headers(self._headers))
        if self._upgraded:
            duplex.feed(self._upgraded)
        if self._transport.is_closing():
            duplex.lost()
        return duplex

    def drop(self) -> None:
        self._transport.abort()
