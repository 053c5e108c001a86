"""The HTTP/1.1 client of every component: one base address, a small pool of kept-alive connections.

Nothing is retried, with one exception: where a kept connection turns out to be closed, an idempotent request is sent
on a new one. Idle connections are dropped before servers usually drop them. No redirects, no cookies, no proxy.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from pyk3s.wire.duplex import Duplex
from pyk3s.wire.http.client_connection import ClientConnection, Closed
from pyk3s.wire.http.messages import Headers

KEPT = 8  # idle connections kept; more are closed when their answer ends
KEPT_S = 60.0  # how long an idle connection is trusted
TIMEOUT_S = 30.0
SentHeaders = Mapping[str, str | Sequence[str]]
"""Several values of one name are sent as several lines."""
Dial = Callable[[], Awaitable[socket.socket | None]]
"""Another way to the server: a connected socket, or None where there is only the usual way."""
IDEMPOTENT = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")


class Answer(NamedTuple):
    """A complete answer."""

    status: int
    headers: Headers
    body: bytes


class StreamedAnswer(NamedTuple):
    """An answer whose body is still arriving."""

    status: int
    headers: Headers
    chunks: AsyncIterator[bytes]


class UpgradeRefused(ConnectionError):
    """The server answered an upgrade with something else; `answer` is what it said."""

    def __init__(self, answer: Answer):
        super().__init__(f"upgrade refused with status {answer.status}")
        self.answer = answer


class HttpClient:
    """Requests to one server: `https://host:port`, `http://host:port` or `unix:///path`. Close it when done.

    `server_hostname` is the name to verify in place of the host, `dial` another way to get there.
    """

    def __init__(
        self,
        base_url: str,
        ssl_context: ssl.SSLContext | None = None,
        headers: SentHeaders | None = None,
        *,
        server_hostname: str | None = None,
        dial: Dial | None = None,
    ):
        url = urlsplit(base_url)
        if url.scheme not in ("http", "https", "unix"):
            raise ValueError(f"{base_url}: the address must begin with https://, http:// or unix://")
        self._url = url
        self._prefix = "" if url.scheme == "unix" else url.path.rstrip("/")
        self._ssl = ssl_context if url.scheme == "https" else None
        if url.scheme == "https" and ssl_context is None:
            self._ssl = ssl.create_default_context()
        self._server_hostname = server_hostname
        self._dial = dial
        self.headers: dict[str, str | Sequence[str]] = dict(headers or {})
        """Sent with every request; may be changed, for instance when a token is renewed."""
        self._host = url.netloc or "localhost"
        self._idle: list[ClientConnection] = []
        self._age = 0

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: SentHeaders | None = None,
        body: bytes = b"",
        timeout: float | None = TIMEOUT_S,
        most_bytes: int | None = None,
    ) -> Answer:
        """One request and its whole answer. Raises OSError and TimeoutError, and ValueError for a longer body."""
        async with asyncio.timeout(timeout):
            connection, status, answer_headers = await self._begin(method, path, query, headers, body)
            try:
                pieces = await _gathered(connection.chunks(), most_bytes)
            except BaseException:
                connection.drop()
                raise
            self._keep(connection)
        return Answer(status, answer_headers, pieces[0] if len(pieces) == 1 else b"".join(pieces))

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: SentHeaders | None = None,
        body: bytes = b"",
        timeout: float | None = TIMEOUT_S,
    ) -> AsyncIterator[StreamedAnswer]:
        """One request whose body is read as it arrives; `timeout` is for its headers only."""
        async with asyncio.timeout(timeout):
            connection, status, answer_headers = await self._begin(method, path, query, headers, body)
        try:
            yield StreamedAnswer(status, answer_headers, connection.chunks())
        finally:
            self._keep(connection)

    async def upgrade(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: SentHeaders | None = None,
        timeout: float | None = TIMEOUT_S,
    ) -> Duplex:
        """Switch protocols (`headers` say to which); `duplex.headers` are those of the 101. Raises UpgradeRefused."""
        async with asyncio.timeout(timeout):
            upgrading = {"Connection": "Upgrade", **(headers or {})}
            connection, status, answer_headers = await self._begin(method, path, query, upgrading, b"")
            if status == 101:
                return connection.into_duplex()
            try:
                body = b"".join([data async for data in connection.chunks()])
            finally:
                self._keep(connection)
        raise UpgradeRefused(Answer(status, answer_headers, body))

    def renew(self) -> None:
        """Use no connection of before for another request, because the certificate shown on it has been replaced."""
        self._age += 1
        self._drop_idle()

    async def close(self) -> None:
        """Close the idle connections. Requests in progress keep theirs until they end."""
        self._drop_idle()

    def _drop_idle(self) -> None:
        for connection in self._idle:
            connection.drop()
        self._idle.clear()

    async def _begin(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        headers: SentHeaders | None,
        body: bytes,
    ) -> tuple[ClientConnection, int, Headers]:
        head = self._head(method, path, query, headers, len(body))
        connection = self._take_idle()
        while True:
            fresh = connection is None
            if connection is None:
                connection = await self._connect()
            try:
                connection.send(head, body, bodiless=method == "HEAD")
                status, answer_headers = await connection.answer_head()
                return connection, status, answer_headers
            except Closed as closed:
                if fresh or not closed.unseen or method not in IDEMPOTENT:
                    raise
                connection = None
            except BaseException:
                connection.drop()
                raise

    def _head(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        headers: SentHeaders | None,
        size: int,
    ) -> bytes:
        target = self._prefix + path + ("?" + urlencode(query, doseq=True) if query else "")
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._host}"]
        for name, value in {**self.headers, **(headers or {})}.items():
            lines += [f"{name}: {each}" for each in ([value] if isinstance(value, str) else value)]
        if size or method in ("POST", "PUT", "PATCH"):
            lines.append(f"Content-Length: {size}")
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("a request line or header contains a line break")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _take_idle(self) -> ClientConnection | None:
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection = self._idle.pop()
            if connection.usable and now - connection.idle_since < KEPT_S:
                return connection
            connection.drop()
        return None

    def _keep(self, connection: ClientConnection) -> None:
        if connection.reusable() and connection.age == self._age and len(self._idle) < KEPT:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.append(connection)
        else:
            connection.drop()

    async def _connect(self) -> ClientConnection:
        age = self._age
        connection = await self._opened()
        connection.age = age
        return connection

    async def _opened(self) -> ClientConnection:
        loop = asyncio.get_running_loop()
        if self._url.scheme == "unix":
            return (await loop.create_unix_connection(ClientConnection, self._url.path))[1]
        port = self._url.port or (443 if self._ssl else 80)
        host = self._url.hostname or ""
        secure: dict[str, Any] = (
            {"ssl": self._ssl, "server_hostname": self._server_hostname or host} if self._ssl else {}
        )
        dialled = await self._dial() if self._dial else None
        if dialled is not None:
            return (await loop.create_connection(ClientConnection, sock=dialled, **secure))[1]
        _, connection = await loop.create_connection(ClientConnection, host, port, **secure)
        return connection


async def _gathered(chunks: AsyncIterator[bytes], most_bytes: int | None) -> list[bytes]:
    if most_bytes is None:
        return [data async for data in chunks]
    pieces, size = [], 0
    async for data in chunks:
        size += len(data)
        if size > most_bytes:
            raise ValueError(f"the answer is longer than {most_bytes} bytes")
        pieces.append(data)
    return pieces
