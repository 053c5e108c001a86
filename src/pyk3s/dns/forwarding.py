"""Asks the host's resolvers: by UDP, again by TCP where a reply was cut, the next resolver where one stays silent.

The resolver that answered last is asked first, so that a dead one costs one query its patience and not every query.
Replies from the cache carry the lifetime that they came with: a record may live up to 30 s longer than it said.
"""

import asyncio
import pathlib

from dnslib import DNSError, DNSRecord

from pyk3s.dns import upstream
from pyk3s.dns.settings import DnsSettings
from pyk3s.lib.clock import Clock

PORT = 53
MOST_UNDER_WAY = 500


class NoAnswer(Exception):
    """No resolver gave an answer in time, or there is none."""


class Forwarder:
    """One for all queries; at most so many are under way at once, the rest is refused rather than queued for ever."""

    def __init__(self, settings: DnsSettings, time: Clock, port: int = PORT):
        self._settings, self._time, self._port = settings, time, port
        self._cache = upstream.Cache(settings.cache_entries)
        self._servers: tuple[str, ...] = ()
        self._read_at = (-1.0, -1)  # modification time and size of resolv.conf when it was read
        self._under_way = 0
        self._answered_last = ""

    async def ask(self, query: bytes) -> bytes:
        """The reply to a query, with its id. Raises NoAnswer."""
        question = upstream.question_of(query)
        if known := self._cache.get(question, self._time.monotonic()):
            return query[:2] + known
        if self._under_way >= MOST_UNDER_WAY:
            raise NoAnswer("too many queries are under way")
        self._under_way += 1
        try:
            reply = await self._ask_each(query)
        finally:
            self._under_way -= 1
        self._cache.put(question, reply, self._time.monotonic(), _ttl(reply))
        return reply

    async def _ask_each(self, query: bytes) -> bytes:
        for server in sorted(self._name_servers(), key=lambda each: each != self._answered_last):
            try:
                async with asyncio.timeout(self._settings.forward_timeout_s):
                    reply = await _by_udp(server, self._port, query)
                    if upstream.is_truncated(reply):
                        reply = await _by_tcp(server, self._port, query)
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                continue
            self._answered_last = server
            return reply
        raise NoAnswer("no resolver of the host answered")

    def _name_servers(self) -> tuple[str, ...]:
        path: pathlib.Path = self._settings.resolv_conf
        try:
            facts = path.stat()
            if (facts.st_mtime, facts.st_size) != self._read_at:
                self._servers = upstream.name_servers(path.read_text(), self._settings.addresses)
                self._read_at = (facts.st_mtime, facts.st_size)
        except OSError:
            return ()  # no resolv.conf: a host without network, which knows cluster names alone
        return self._servers


class _Exchange(asyncio.DatagramProtocol):
    """One query to one resolver."""

    def __init__(self, query: bytes):
        self._query = query
        self.reply: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self.reply.done() and upstream.belongs(data, self._query):
            self.reply.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.reply.done():
            self.reply.set_exception(exc)


async def _by_udp(server: str, port: int, query: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    transport, exchange = await loop.create_datagram_endpoint(lambda: _Exchange(query), remote_addr=(server, port))
    try:
        transport.sendto(query)
        return await exchange.reply
    finally:
        transport.close()


async def _by_tcp(server: str, port: int, query: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(server, port)
    try:
        writer.write(len(query).to_bytes(2) + query)
        length = int.from_bytes(await reader.readexactly(2))
        return await reader.readexactly(length)
    finally:
        writer.close()


def _ttl(reply: bytes) -> float:
    """How long a reply may be kept: the least of its records; nothing for failures."""
    try:
        parsed = DNSRecord.parse(reply)
    except (DNSError, ValueError, IndexError):
        return 0
    if parsed.header.rcode not in (0, 3):
        return 0
    records = parsed.rr or [record for record in parsed.auth if record.rtype == 6]
    return min((float(record.ttl) for record in records), default=0)
