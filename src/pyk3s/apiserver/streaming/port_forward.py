"""`pods/portforward`: SPDY passed to the kubelet, directly or unwrapped from the WebSocket tunnel of newer clients."""

import asyncio
from typing import Any
from urllib.parse import quote, urlencode

from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.streaming import kubelets, relaying
from pyk3s.apiserver.streaming.remote_command import Handler
from pyk3s.lib import tasks
from pyk3s.wire import duplex
from pyk3s.wire.http import messages

PROTOCOL = "portforward.k8s.io"
TUNNEL = f"SPDY/3.1+{PROTOCOL}"


def handler(nodes: kubelets.Kubelets) -> Handler:
    """The handler of `portforward`."""

    async def handle(registry: registries.Registry, call: calls.Call) -> messages.AnyResponse:
        request, route = call.request, call.route
        pod = kubelets.read_pod(registry, route.namespace, route.name)
        tunnelled = relaying.wants_websocket(request)
        if tunnelled and TUNNEL not in request.headers.lists("sec-websocket-protocol"):
            raise status.bad_request(f"port-forward over WebSocket needs the protocol {TUNNEL}")
        if not request.headers.get("upgrade"):
            raise status.bad_request("Upgrade request required")
        client = nodes.of_pod(registry, pod)
        target = f"/portForward/{quote(route.namespace, safe='')}/{quote(route.name, safe='')}{_ports(call)}"
        headers = {"Upgrade": "SPDY/3.1", "X-Stream-Protocol-Version": PROTOCOL}
        far = await kubelets.upgraded(client, "POST", target, headers)
        if not tunnelled:
            return relaying.relayed(client, far)

        async def run(near: duplex.Duplex) -> None:
            try:
                await _tunnel(relaying.WebSocketDuplex(near), far)
            finally:
                await far.close()
                await client.close()

        return messages.UpgradeResponse(relaying.accepted(request, TUNNEL), run)

    return handle


def _ports(call: calls.Call) -> str:
    ports: list[tuple[str, Any]] = [("port", each) for each in call.query.get("ports", [])]
    return f"?{urlencode(ports)}" if ports else ""


async def _tunnel(socket: relaying.WebSocketDuplex, far: duplex.Duplex) -> None:
    """WebSocket messages here are pieces of the SPDY connection there."""

    async def inward() -> None:
        async for message in socket.received():
            await far.write(message.data)

    async def outward() -> None:
        while data := await far.read():
            await socket.send(data)
        await socket.close()

    async with tasks.TaskOwner("tunnel") as owner:
        ways = {owner.start(inward(), "in"), owner.start(outward(), "out")}
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
