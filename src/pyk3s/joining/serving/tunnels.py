"""The tunnels that agents hold open to this server, by node: the API server reaches kubelets through them.

A node may have several, by different addresses of this server; the newest is used. What comes out of a tunnel is a
plain socket, so that TLS to the kubelet stays end to end within it.
"""

import asyncio
import socket

from pyk3s.api import status
from pyk3s.joining import protocol
from pyk3s.lib import clock, log
from pyk3s.wire import duplex, websocket
from pyk3s.wire.http import messages
from pyk3s.wire.tunnel import connection

MOST = 4  # tunnels of a node; more are those of an agent that came back before its old ones were found dead

_log = log.get_logger("tunnel")


class Tunnels:
    """The registry of tunnels."""

    def __init__(self, time: clock.Clock):
        self._time = time
        self._by_node: dict[str, list[connection.Connection]] = {}

    def accept(self, request: messages.Request, node: str) -> messages.UpgradeResponse:
        """Take a node's tunnel; raises 400 for what is no WebSocket of the tunnel's protocol."""
        offered = request.headers.lists("sec-websocket-protocol")
        if request.headers.get("upgrade").lower() != "websocket" or protocol.TUNNEL not in offered:
            raise status.bad_request(f"a WebSocket with the protocol {protocol.TUNNEL} is wanted")

        async def run(stream: duplex.Duplex) -> None:
            await self._hold(node, stream)

        key = request.headers.get("sec-websocket-key")
        return messages.UpgradeResponse(websocket.server_headers(key, protocol.TUNNEL), run)

    async def dial(self, node: str) -> socket.socket | None:
        """A socket that leads to the node's kubelet, None where the node has no tunnel here."""
        held = [each for each in self._by_node.get(node, ()) if not each.over]
        if not held:
            return None
        tunnel = held[-1]
        stream = tunnel.open()
        near, far = socket.socketpair()
        for end in (near, far):
            end.setblocking(False)
        _, plug = await asyncio.get_running_loop().create_connection(duplex.DuplexProtocol, sock=far)
        tunnel.start(connection.relay(stream, plug.duplex), f"kubelet of {node}")
        return near

    async def _hold(self, node: str, stream: duplex.Duplex) -> None:
        tunnel = connection.Connection(
            stream, client=False, ping_s=protocol.PING_S, dead_s=protocol.DEAD_S, time=self._time
        )
        held = self._by_node.setdefault(node, [])
        held.append(tunnel)
        for oldest in held[:-MOST]:
            oldest.cut()
        _log.info("tunnel opened", node=node)
        try:
            await tunnel.run()
        finally:
            held.remove(tunnel)
            if not held:
                self._by_node.pop(node, None)
            _log.info("tunnel closed", node=node)
