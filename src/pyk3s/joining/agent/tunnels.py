"""The tunnels of an agent: one to each server, opened again whenever it ends. What comes through them reaches this
node's kubelet on loopback and nothing else.
"""

import asyncio
import ssl
from collections.abc import Callable, Iterable

from pyk3s.joining import protocol
from pyk3s.lib import backoff, clock, log, tasks
from pyk3s.wire import duplex, websocket
from pyk3s.wire.http import client as http
from pyk3s.wire.tunnel import connection

FIRST_PAUSE_S, MOST_PAUSE_S = 0.5, 5.0
LASTING_S = 30.0  # a tunnel that held so long begins again at the first pause
CONNECT_S = 10.0

_log = log.get_logger("tunnel")


class AgentTunnels:
    """Keeps tunnels; `tls` shows the node's own certificate, `lost` hears of servers whose tunnel broke."""

    def __init__(self, tls: ssl.SSLContext, kubelet_port: int, lost: Callable[[str], None], time: clock.Clock):
        self._tls, self._port, self._lost, self._time = tls, kubelet_port, lost, time
        self._owner = tasks.TaskOwner("tunnels")
        self._by_server: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled."""
        async with self._owner:
            await self._owner.run()

    def lead_to(self, addresses: Iterable[str]) -> None:
        """Have a tunnel to each of these servers (`host:port`), and to no other."""
        wanted = set(addresses)
        for address in self._by_server.keys() - wanted:
            self._by_server.pop(address).cancel()
        for address in wanted - self._by_server.keys():
            self._by_server[address] = self._owner.start(self._keep(address), address)

    async def _keep(self, address: str) -> None:
        pause = backoff.Backoff(FIRST_PAUSE_S, MOST_PAUSE_S)
        while True:
            began = self._time.monotonic()
            try:
                await self._hold(address)
                _log.info("tunnel ended", server=address)
                self._lost(address)
            except (OSError, TimeoutError, http.UpgradeRefused) as error:
                _log.debug("no tunnel", server=address, error=error or type(error).__name__)
            if self._time.monotonic() - began > LASTING_S:
                pause.reset()
            await self._time.sleep(pause.next())

    async def _hold(self, address: str) -> None:
        client = http.HttpClient(f"https://{address}", self._tls, server_hostname=protocol.API_SERVER)
        headers = websocket.client_headers(protocol.TUNNEL)
        try:
            stream = await client.upgrade("GET", protocol.CONNECT, headers=headers, timeout=CONNECT_S)
        finally:
            await client.close()
        _log.info("tunnel opened", server=address)
        await connection.Connection(
            stream,
            client=True,
            ping_s=protocol.PING_S,
            dead_s=protocol.DEAD_S,
            time=self._time,
            handle=self._to_kubelet,
        ).run()

    async def _to_kubelet(self, stream: connection.Stream) -> None:
        try:
            _, plug = await asyncio.get_running_loop().create_connection(duplex.DuplexProtocol, "127.0.0.1", self._port)
        except OSError as error:
            await stream.reset(f"the kubelet does not answer: {error}")
            return
        await connection.relay(stream, plug.duplex)
