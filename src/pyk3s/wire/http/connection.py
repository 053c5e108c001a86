"""One server-side connection: parses, hands requests to the handler in order, and writes the answers.

Requests are handled one after the other, so pipelined answers keep their order. A handler that answers at once costs no
task; others run as tasks of the server. When the client goes, streams and upgrades are cancelled; other handlers run to
their end, so that a write is never left half-way, and may look at `request.disconnected`.
"""

import asyncio
import re
import ssl
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, cast

import httptools

from pyk3s.wire.duplex import Duplex
from pyk3s.wire.http import rendering
from pyk3s.wire.http.messages import AnyResponse, Headers, Peer, Request, Response, StreamResponse, UpgradeResponse

if TYPE_CHECKING:
    from pyk3s.wire.http.server import Server

METHODS = {name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT")}
SLICE = 256 * 1024  # a large answer is written in slices of this size, as the client takes them
GET_BODY = 64 * 1024  # a GET may carry a body, which nobody reads
PIPELINED = 64  # requests that may wait on one connection before it is no longer read
BODILESS = (204, 304)
CLOSE = b"connection: close\r\n"


class Connection(asyncio.Protocol):
    """The asyncio protocol of one client."""

    __slots__ = (
        "_body", "_body_limit", "_body_size", "_busy", "_complete", "_duplex", "_fed", "_headers", "_in_headers",
        "_keep_alive", "_parser", "_paused", "_peer", "_refusal", "_rest", "_server", "_since", "_streaming", "_target",
        "_task", "_transport", "_waiting", "_writable",
    )  # fmt: skip

    _complete: Headers
    _parser: httptools.HttpRequestParser
    _peer: Peer
    _transport: asyncio.Transport

    def __init__(self, server: "Server"):
        self._server = server
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._body_size = self._body_limit = 0
        self._fed = 0  # bytes received of the headers that are not complete yet
        self._in_headers = True
        self._refusal = 0  # the status with which the request being received will be refused
        self._waiting: deque[tuple[Request, bool, bool]] = deque()
        self._busy = False
        self._keep_alive = True
        self._since = 0.0  # when the connection began to wait for a request, or for the rest of one
        self._task: asyncio.Task[None] | None = None
        self._streaming = False
        self._duplex: Duplex | None = None
        self._rest: list[bytes] | None = None  # bytes after a request that may become an upgrade
        self._writable: asyncio.Future[None] | None = None
        self._paused = False

    # -- the transport ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport = cast(asyncio.Transport, transport)  # uvloop's TLS transport derives from nothing
        self._parser = httptools.HttpRequestParser(self)
        name = transport.get_extra_info("peername")
        self._peer = Peer(name[0] if name else "", self._certificate)
        self._since = self._server.now()
        if not self._server.joined(self):
            self._refuse(503)

    def _certificate(self) -> bytes | None:
        tls: ssl.SSLObject | None = self._transport.get_extra_info("ssl_object")
        return tls.getpeercert(binary_form=True) if tls is not None else None

    def data_received(self, data: bytes) -> None:
        if self._duplex is not None:
            self._duplex.feed(data)
            return
        if self._rest is not None:
            self._hold(data)
            return
        try:
            if self._in_headers:
                if not self._fed:
                    self._since = self._server.now()
                self._fed += len(data)
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._rest = [data[upgrade.args[0] :]]
        except httptools.HttpParserInvalidMethodError:
            self._refuse_after_waiting(405 if _asks_by_unknown_method(data) else 400)
            return
        except httptools.HttpParserError:
            self._refuse_after_waiting(self._refusal or 400)
            return
        if self._in_headers and self._fed > self._server.limits.header_bytes:
            self._refuse_after_waiting(431)
            return
        if self._waiting and not self._busy:
            self._next()

    def _hold(self, data: bytes) -> None:
        assert self._rest is not None
        self._rest.append(data)
        if len(self._rest) > PIPELINED:
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        if self._duplex is not None:
            self._duplex.feed_eof()
            return True
        return False

    def pause_writing(self) -> None:
        self._paused = True
        if self._duplex is not None:
            self._duplex.pause_writing()

    def resume_writing(self) -> None:
        self._paused = False
        if self._duplex is not None:
            self._duplex.resume_writing()
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        if self._waiting and not self._busy:
            self._next()

    def connection_lost(self, error: Exception | None) -> None:
        self._peer.left()
        self._waiting.clear()
        if self._duplex is not None:
            self._duplex.lost()
        if self._writable is not None and not self._writable.done():
            self._writable.set_exception(ConnectionResetError("the client has gone"))
        if self._streaming and self._task is not None:
            self._task.cancel()
        self._server.left(self)

    # -- the parser ---------------------------------------------------------------------------------------------

    def on_url(self, target: bytes) -> None:
        self._target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_headers = False
        if self._fed > self._server.limits.header_bytes:
            self._stop(431)
        headers = self._complete = Headers(self._headers)
        method = self._parser.get_method()
        if method == b"GET":
            self._body_limit = GET_BODY
            return
        self._body_limit = self._server.limits.body_bytes(_method(method), self._target.decode("latin-1"))
        if int(headers.get("content-length") or 0) > self._body_limit:
            self._stop(413)
        if headers.get("expect").lower() == "100-continue" and not self._busy:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, data: bytes) -> None:
        self._body_size += len(data)
        if self._body_size > self._body_limit:
            self._stop(413)
        self._body.append(data)

    def on_message_complete(self) -> None:
        body = self._body
        request = Request(
            _method(self._parser.get_method()),
            self._target.decode("latin-1"),
            self._complete,
            b"" if not body else body[0] if len(body) == 1 else b"".join(body),
            self._peer,
        )
        if not request.target.startswith("/") and request.method != "OPTIONS":
            self._stop(400)
        parser = self._parser
        keep_alive = parser.should_keep_alive() and not parser.should_upgrade()
        self._waiting.append((request, keep_alive, parser.get_http_version() == "1.0"))
        if len(self._waiting) == PIPELINED:
            self._transport.pause_reading()
        self._target, self._headers, self._body, self._body_size = b"", [], [], 0
        self._fed, self._in_headers = 0, True

    def _stop(self, status: int) -> None:
        """Leave the parser; httptools turns any error of a callback into its own."""
        self._refusal = status
        raise ValueError("request refused")

    # -- answering ----------------------------------------------------------------------------------------------

    def _next(self) -> None:
        """Answer waiting requests until one needs a task, the client is slow, or none is left."""
        while self._waiting and not self._paused and not self._transport.is_closing():
            request, self._keep_alive, old = self._waiting.popleft()
            if len(self._waiting) == PIPELINED - 1:
                self._transport.resume_reading()
            self._busy = True
            answer: AnyResponse | Coroutine[Any, Any, AnyResponse] | None = None
            try:
                answer = self._server.handler(request)
            finally:
                if answer is None:  # the handler broke: answer, and let the error rise to the event loop
                    self._refuse(500)
            if type(answer) is Response and (type(answer.body) is bytes or self._is_small(answer)):
                self._write(answer, request.method)
                self._done()
            else:
                self._task = self._server.tasks.start(self._finish(answer, request, old), request.target)
                return

    @staticmethod
    def _is_small(answer: Response) -> bool:
        body = answer.body
        return isinstance(body, bytes) or sum(map(len, body)) <= SLICE

    def _write(self, answer: Response, method: str) -> None:
        body = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
        framing = b"content-length: %d\r\n" % len(body) if answer.status not in BODILESS else b""
        if not self._keep_alive:
            framing += CLOSE
        self._transport.write(rendering.head(answer.status, answer.headers, framing, body if method != "HEAD" else b""))

    def _done(self) -> None:
        """A request is answered; wait for the next one."""
        self._busy = False
        self._since = self._server.now()
        if not self._keep_alive or self._server.closing:
            self._transport.close()

    async def _finish(self, answer: Any, request: Request, old: bool) -> None:
        """Answer one request from a task, then go on with those that wait."""
        finished = False
        try:
            if asyncio.iscoroutine(answer):
                answer = await answer
            if isinstance(answer, Response):
                await self._send(answer, request.method)
            elif isinstance(answer, StreamResponse):
                await self._stream(answer, request.method, old)
            else:
                await self._upgrade(answer)
            finished = True
        finally:
            self._task = None
            if not finished and not self._transport.is_closing():
                if self._streaming:
                    self._transport.close() if self._server.closing else self._transport.abort()
                else:
                    self._refuse(500)
            self._streaming = False
        self._done()
        if self._waiting:
            self._next()

    async def _send(self, answer: Response, method: str) -> None:
        if self._is_small(answer) or method == "HEAD":
            self._write(answer, method)
            return
        slices = _slices(answer.body)
        framing = b"content-length: %d\r\n" % sum(map(len, slices)) + (b"" if self._keep_alive else CLOSE)
        self._transport.write(rendering.head(answer.status, answer.headers, framing))
        for piece in slices:
            await self._drain()
            self._transport.write(piece)

    async def _stream(self, answer: StreamResponse, method: str, old: bool) -> None:
        self._streaming = True
        framing = b"transfer-encoding: chunked\r\n"
        if old:  # HTTP/1.0 knows no chunks: the end of the connection is the end of the body
            framing, self._keep_alive = b"", False
        if not self._keep_alive:
            framing += CLOSE
        self._transport.write(rendering.head(answer.status, answer.headers, framing))
        try:
            if method != "HEAD":
                await self._write_chunks(answer.chunks, old)
        except asyncio.CancelledError:
            if self._server.closing and not old:
                self._transport.write(rendering.LAST_CHUNK)
            raise
        finally:
            close = getattr(answer.chunks, "aclose", None)
            if close is not None:
                await close()

    async def _write_chunks(self, chunks: AsyncIterator[bytes], old: bool) -> None:
        async for data in chunks:
            if data:
                self._transport.write(data if old else rendering.chunk(data))
            if self._paused:
                await self._drain()
        if not old:
            self._transport.write(rendering.LAST_CHUNK)

    async def _upgrade(self, answer: UpgradeResponse) -> None:
        self._streaming, self._keep_alive = True, False
        self._transport.write(rendering.head(101, answer.headers, b""))
        self._duplex = duplex = Duplex(self._transport)
        if self._paused:
            duplex.pause_writing()
        self._transport.resume_reading()
        if rest := b"".join(self._rest or ()):
            duplex.feed(rest)
        self._rest = None
        await answer.run(duplex)

    async def _drain(self) -> None:
        if self._transport.is_closing():
            raise ConnectionResetError("the client has gone")
        if self._paused:
            self._writable = asyncio.get_running_loop().create_future()
            await self._writable

    # -- refusing and ending ------------------------------------------------------------------------------------

    def _refuse_after_waiting(self, status: int) -> None:
        """What cannot be read is refused, after the answers to what came before it."""
        if self._busy or self._waiting:
            self._server.tasks.start(self._refuse_later(status), "refuse")
        else:
            self._refuse(status)

    async def _refuse_later(self, status: int) -> None:
        self._transport.pause_reading()
        if not self._busy:
            self._next()
        while (task := self._task) is not None:
            await asyncio.wait([task])
        self._refuse(status)

    def _refuse(self, status: int) -> None:
        if not self._transport.is_closing():
            self._keep_alive = False
            self._write(self._server.refuse(status), "GET")
            self._transport.close()

    def sweep(self, now: float) -> None:
        """Close what has been idle, or slow to send its request, for too long."""
        if self._busy:
            return
        receiving = self._fed > 0 or not self._in_headers
        if now - self._since > (self._server.limits.receive_s if receiving else self._server.limits.idle_s):
            self._refuse(408) if receiving else self._transport.close()

    def shut(self) -> None:
        """The server closes: end streams, close if idle; a request in progress closes after its answer."""
        if self._streaming and self._task is not None:
            self._task.cancel()
        elif not self._busy:
            self._transport.close()

    def abort(self) -> None:
        self._transport.abort()


_request_methods = re.compile(rb"^([!#$%&'*+.^_`|~0-9A-Za-z-]+) \S+ HTTP/1\.[01]\r?$", re.MULTILINE).findall


def _asks_by_unknown_method(data: bytes) -> bool:
    """Whether this is HTTP but for a method that the parser does not know: RFC 9110 lets it be any token."""
    return any(method not in METHODS for method in _request_methods(data))


def _method(name: bytes) -> str:
    return METHODS.get(name) or name.decode("latin-1")


def _slices(pieces: bytes | Sequence[bytes]) -> Sequence[bytes]:
    """Pieces joined into slices of about SLICE bytes."""
    slices: list[bytes] = []
    part: list[bytes] = []
    size = 0
    for piece in pieces if not isinstance(pieces, bytes) else [pieces]:
        part.append(piece)
        size += len(piece)
        if size >= SLICE:
            slices.append(b"".join(part))
            part, size = [], 0
    if part:
        slices.append(b"".join(part))
    return slices
