"""DNS on sockets: UDP and TCP on every address, one reply per query, whatever bytes come in."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from pyk3s.lib import tasks

Answer = Callable[[bytes, bool], bytes | Awaitable[bytes | None] | None]
"""Makes the reply to a query; the flag says that it must fit a datagram. None: no reply."""
TCP_IDLE_S = 10.0
TCP_MOST = 200  # connections at once


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, answer: Answer, owner: tasks.TaskOwner):
        self._answer, self._owner = answer, owner
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        made = self._answer(data, True)
        if isinstance(made, bytes):
            self._transport.sendto(made, addr)
        elif made is not None:
            self._owner.start(self._later(made, addr), "query")

    async def _later(self, made: Awaitable[bytes | None], addr: Any) -> None:
        if (reply := await made) is not None:
            self._transport.sendto(reply, addr)

    def error_received(self, exc: Exception) -> None:
        """An asker that went away (ICMP): nothing is lost that anyone waits for."""


class Server:
    """Listens until closed."""

    def __init__(self, answer: Answer, owner: tasks.TaskOwner):
        self._answer, self._owner = answer, owner
        self._transports: list[asyncio.BaseTransport] = []
        self._servers: list[asyncio.Server] = []
        self._connections = 0

    async def listen(self, address: str, port: int) -> int:
        """Open both sockets; returns the port, which was chosen by the system if 0 was asked for. Raises OSError."""
        loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._converse, address, port)
        self._servers.append(server)
        bound = int(server.sockets[0].getsockname()[1])
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self._answer, self._owner), local_addr=(address, bound)
        )
        self._transports.append(transport)
        return bound

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._connections >= TCP_MOST:
            writer.close()
            return
        self._connections += 1
        try:
            await self._answer_all(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return  # the asker went or fell silent
        finally:
            self._connections -= 1
            writer.close()

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            async with asyncio.timeout(TCP_IDLE_S):
                length = int.from_bytes(await reader.readexactly(2))
                query = await reader.readexactly(length)
            made = self._answer(query, False)
            reply = made if made is None or isinstance(made, bytes) else await made
            if reply is None:
                return
            writer.write(len(reply).to_bytes(2) + reply)
            await writer.drain()

    def close(self) -> None:
        for transport in self._transports:
            transport.close()
        for server in self._servers:
            server.close()
