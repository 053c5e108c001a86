"""The agent's way to the API: a port on loopback that leads to whichever server works. Plain TCP: TLS goes through it.

The list of servers is kept in a file, so that a restart finds them although the address it was told is gone.
"""

import asyncio
import pathlib
import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import msgspec

from pyk3s.joining.agent import balancing
from pyk3s.lib import clock, files, log, tasks
from pyk3s.lib.failure import Failure
from pyk3s.wire import duplex

FILE = "etc/k3s-agent-load-balancer.json"
CONNECT_S = 5.0
_ADDRESS = re.compile(r".+:\d{1,5}")

_log = log.get_logger("balancer")


class _Kept(msgspec.Struct):
    """The file, under the names that K3s gives the fields."""

    url: str = msgspec.field(name="ServerURL", default="")
    addresses: list[str] = msgspec.field(name="ServerAddresses", default_factory=list)


def host_port(url: str) -> str:
    """`host:port` of a server's URL."""
    found = urlsplit(url)
    host = found.hostname or ""
    return f"[{host}]:{found.port or 443}" if ":" in host else f"{host}:{found.port or 443}"


def kept(folder: pathlib.Path) -> list[str]:
    """The servers that an earlier run knew of."""
    try:
        found = msgspec.json.decode((folder / FILE).read_bytes(), type=_Kept)
    except (OSError, msgspec.DecodeError):
        return []
    return [each for each in found.addresses if _ADDRESS.fullmatch(each)]


class Balancer:
    """Listens on loopback; `folder` is the agent's, `url` the server it was told to join at."""

    def __init__(self, url: str, port: int, folder: pathlib.Path, time: clock.Clock):
        self._url, self._port, self._folder, self._time = url, port, folder, time
        self.servers = balancing.Servers(host_port(url), kept(folder))
        self._open: dict[str, set[duplex.Duplex]] = {}

    async def run(self) -> None:
        """Until cancelled; raises Failure where the port is taken."""
        async with tasks.TaskOwner("balancer", _relay_failed) as owner:

            def accept() -> _Accepted:
                return _Accepted(lambda near: owner.start(self._serve(near), "connection"))

            try:
                listener = await asyncio.get_running_loop().create_server(accept, "127.0.0.1", self._port)
            except OSError as error:
                remedy = f"{error.strerror}; choose another port with --lb-server-port"
                raise Failure(f"cannot listen on 127.0.0.1 port {self._port}", remedy=remedy) from error
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                listener.close()

    def learn(self, addresses: Sequence[str]) -> None:
        """The cluster has these servers now."""
        if self.servers.learn(addresses):
            told = _Kept(self._url, list(addresses))
            path = self._folder / FILE
            path.parent.mkdir(parents=True, exist_ok=True)
            files.write_atomic(path, msgspec.json.encode(told), 0o600)
            _log.info("servers of the cluster", addresses=",".join(addresses))

    def suspect(self, address: str) -> None:
        """A server no longer answers: try others first, and let go of the connections that it holds."""
        self.servers.failed(address, self._time.monotonic())
        for far in list(self._open.get(address, ())):
            far.abort()

    async def _serve(self, near: duplex.Duplex) -> None:
        found = await self._connect()
        if found is None:
            near.abort()
            return
        address, far = found
        members = self._open.setdefault(address, set())
        members.add(far)
        try:
            async with tasks.TaskOwner("balanced") as owner:
                ways = {owner.start(duplex.pump(near, far), "out"), owner.start(duplex.pump(far, near), "in")}
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            members.discard(far)
            await near.close()
            await far.close()

    async def _connect(self) -> tuple[str, duplex.Duplex] | None:
        """A connection to the first server that takes one."""
        loop = asyncio.get_running_loop()
        for address in self.servers.order(self._time.monotonic()):
            host, _, port = address.rpartition(":")
            try:
                async with asyncio.timeout(CONNECT_S):
                    _, plug = await loop.create_connection(duplex.DuplexProtocol, host.strip("[]"), int(port))
            except (OSError, TimeoutError) as error:
                self.servers.failed(address, self._time.monotonic())
                _log.debug("server does not take connections", address=address, error=error or "timeout")
            else:
                self.servers.worked(address)
                return address, plug.duplex
        return None


class _Accepted(duplex.DuplexProtocol):
    """A connection from a client on this host."""

    def __init__(self, made: Callable[[duplex.Duplex], object]):
        self._made = made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._made(self.duplex)


def _relay_failed(name: str, error: BaseException) -> None:
    """Connections end as they will; anything else is a fault that must be seen."""
    if not isinstance(error, ConnectionError):
        asyncio.get_running_loop().call_exception_handler({"message": f"{name} failed", "exception": error})
