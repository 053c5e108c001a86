"""HTTP messages as values: what a handler gets and what it returns.

A handler is called with a complete request. If it returns a `Response` at once, no task is made and the answer is one
write: the fast path. If it returns a coroutine, that runs as a task, and may end in any kind of response.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from typing import Any
from urllib.parse import unquote

from pyk3s.wire.duplex import Duplex

RawHeaders = Sequence[tuple[bytes, bytes]]
AnswerHeaders = RawHeaders | bytes
"""Pairs, or complete header lines made once by `rendering.lines`: cheaper where many answers carry the same."""


class Headers:
    """Case-insensitive headers over the bytes as they came; indexed at the first look."""

    __slots__ = ("_index", "raw")

    def __init__(self, raw: RawHeaders = ()):
        self.raw = raw
        self._index: dict[str, str] | None = None

    def get(self, name: str, default: str = "") -> str:
        """The value of a header, `name` in lower case; the last one if it came more than once."""
        index = self._index
        if index is None:
            index = self._index = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in self.raw}
        return index.get(name, default)

    def get_all(self, name: str) -> list[str]:
        """Every value of a header in order of arrival, `name` in lower case."""
        wanted = name.encode("latin-1")
        return [value.decode("latin-1") for key, value in self.raw if key.lower() == wanted]

    def lists(self, name: str) -> list[str]:
        """The comma-separated values of a header, stripped."""
        return [part.strip() for value in self.get_all(name) for part in value.split(",") if part.strip()]


class Peer:
    """The other side of a connection."""

    __slots__ = ("_certificate", "_der", "_gone", "_is_gone", "address")

    def __init__(self, address: str, certificate: Callable[[], bytes | None] = lambda: None):
        self.address = address
        self._certificate: Callable[[], bytes | None] | None = certificate
        self._der: bytes | None = None
        self._gone: asyncio.Event | None = None
        self._is_gone = False

    @property
    def certificate_der(self) -> bytes | None:
        """The verified client certificate; asked of the TLS layer at the first look."""
        if self._certificate is not None:
            self._der, self._certificate = self._certificate(), None
        return self._der

    @property
    def disconnected(self) -> asyncio.Event:
        """Set when the connection has ended."""
        if self._gone is None:
            self._gone = asyncio.Event()
            if self._is_gone:
                self._gone.set()
        return self._gone

    def left(self) -> None:
        """The server's note that the connection has ended."""
        self._is_gone = True
        if self._gone is not None:
            self._gone.set()


class Request:
    """A complete request. `target` is as sent; `path` is decoded and without the query."""

    __slots__ = ("body", "headers", "method", "path", "peer", "raw_query", "target")

    def __init__(self, method: str, target: str, headers: Headers, body: bytes, peer: Peer):
        self.method = method
        self.target = target
        path, _, self.raw_query = target.partition("?")
        self.path = unquote(path) if "%" in path else path
        self.headers = headers
        self.body = body
        self.peer = peer

    @property
    def raw_path(self) -> str:
        """The path as sent, still encoded, without the query."""
        return self.target.partition("?")[0]

    @property
    def disconnected(self) -> asyncio.Event:
        """Set when the client has gone."""
        return self.peer.disconnected


class Response:
    """A whole answer. `body` may be pieces, which are joined or sent in slices; Content-Length and Date are added."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: AnswerHeaders = (), body: bytes | Sequence[bytes] = b""):
        self.status = status
        self.headers = headers
        self.body = body


class StreamResponse:
    """An answer in chunks. When the client goes or the server closes, the task that draws the chunks is cancelled."""

    __slots__ = ("chunks", "headers", "status")

    def __init__(self, status: int, headers: AnswerHeaders, chunks: AsyncIterator[bytes]):
        self.status = status
        self.headers = headers
        self.chunks = chunks


class UpgradeResponse:
    """101 and then raw bytes: `run` owns the stream until it returns; then the connection is closed."""

    __slots__ = ("headers", "run")
    status = 101

    def __init__(self, headers: AnswerHeaders, run: Callable[[Duplex], Awaitable[None]]):
        self.headers = headers
        self.run = run


AnyResponse = Response | StreamResponse | UpgradeResponse
Handler = Callable[[Request], AnyResponse | Coroutine[Any, Any, AnyResponse]]
