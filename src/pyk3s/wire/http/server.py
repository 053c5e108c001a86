"""The HTTP/1.1 server: listens, bounds its connections, and sweeps those that are idle or slow.

Time limits cost a request nothing: one timer looks at all connections every few seconds and stops when there are none.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from pyk3s.lib.log import get_logger
from pyk3s.lib.tasks import TaskOwner
from pyk3s.wire.http.connection import Connection
from pyk3s.wire.http.messages import Handler, Response
from pyk3s.wire.http.rendering import plain_refusal

log = get_logger("http")
SWEEP_S = 5.0


def _three_mebibytes(_method: str, _target: str) -> int:
    return 3 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may cost. Sizes in bytes, times in seconds."""

    header_bytes: int = 1024 * 1024
    body_bytes: Callable[[str, str], int] = _three_mebibytes
    """The largest body for a method and a target."""
    idle_s: float = 180.0
    """How long a connection may wait for its next request."""
    receive_s: float = 60.0
    """How long the headers and body of one request may take."""
    handshake_s: float = 10.0
    connections: int = 20_000
    backlog: int = 1024


class Server:
    """A listening server. `port` is the real one where 0 was asked for."""

    def __init__(self, handler: Handler, limits: Limits, refuse: Callable[[int], Response]):
        self.handler = handler
        self.limits = limits
        self.refuse = refuse
        self.tasks = TaskOwner("http", self._failed)
        self.connections: set[Connection] = set()
        self.closing = False
        self._listener: asyncio.Server | None = None
        self._sweeper: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._empty = asyncio.Event()
        self.now = self._loop.time

    @property
    def port(self) -> int:
        assert self._listener is not None
        return int(self._listener.sockets[0].getsockname()[1])

    async def listen(self, host: str, port: int, ssl_context: ssl.SSLContext | None) -> None:
        self._listener = await self._loop.create_server(
            lambda: Connection(self),
            host or None,
            port,
            backlog=self.limits.backlog,
            ssl=ssl_context,
            ssl_handshake_timeout=self.limits.handshake_s if ssl_context else None,
        )

    def joined(self, connection: Connection) -> bool:
        """A connection is there; False if there are too many."""
        if len(self.connections) >= self.limits.connections or self.closing:
            return False
        self.connections.add(connection)
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(SWEEP_S, self._sweep)
        return True

    def left(self, connection: Connection) -> None:
        self.connections.discard(connection)
        if not self.connections:
            self._empty.set()

    def _sweep(self) -> None:
        now = self._loop.time()
        for connection in list(self.connections):
            connection.sweep(now)
        self._sweeper = self._loop.call_later(SWEEP_S, self._sweep) if self.connections else None

    def _failed(self, name: str, error: BaseException) -> None:
        """A handler broke; its connection answers 500 by itself."""
        if isinstance(error, ConnectionError):
            return
        self._loop.call_exception_handler({"message": f"request handler failed in {name}", "exception": error})

    async def close(self, grace_s: float = 5.0) -> None:
        """Stop listening, end streams at once, let other requests finish within `grace_s`, then cut."""
        self.closing = True
        if self._listener is not None:
            self._listener.close()
        self._empty.clear()
        for connection in list(self.connections):
            connection.shut()
        if self.connections:
            try:
                await asyncio.wait_for(self._empty.wait(), grace_s)
            except TimeoutError:
                log.warning("requests cut off at shutdown", connections=len(self.connections))
        for connection in list(self.connections):
            connection.abort()
        await self.tasks.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None


async def serve(
    handler: Handler,
    *,
    host: str,
    port: int,
    ssl_context: ssl.SSLContext | None = None,
    limits: Limits | None = None,
    refuse: Callable[[int], Response] = plain_refusal,
) -> Server:
    """Listen and answer with `handler` until the server is closed; `refuse` words the server's own refusals."""
    server = Server(handler, limits or Limits(), refuse)
    await server.listen(host, port, ssl_context)
    return server
