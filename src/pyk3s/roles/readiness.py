"""Whether the node of this host is Ready, asked of its own API server until it is."""

import asyncio
from typing import Any

from pyk3s.client import resources
from pyk3s.client.errors import ApiError
from pyk3s.config.settings import ServerSettings
from pyk3s.lib.failure import Failure
from pyk3s.roles import connection, node_identity, provisioning

PAUSE_S = 0.2


async def wait(settings: ServerSettings, patience_s: float) -> str:
    """A line that says so once the node is Ready; raises Failure with the last obstacle when patience ends."""
    obstacle = "nothing has been asked yet"
    try:
        async with asyncio.timeout(patience_s):
            while obstacle := await _obstacle(settings):  # noqa: ASYNC110 - another process is waited for
                await asyncio.sleep(PAUSE_S)
    except TimeoutError:
        raise Failure(f"node {settings.node_name} is not Ready after {patience_s:g} s", remedy=obstacle) from None
    return f"node {settings.node_name} is Ready"


async def _obstacle(settings: ServerSettings) -> str:
    """Why the node is not Ready, empty if it is."""
    if settings.with_node_id and not (settings.paths.node_identity / "id").exists():
        return "the server has not chosen the id of this host yet"
    settings = node_identity.named(settings)
    tls = settings.paths.tls
    if not (tls / "client-admin.crt").exists() or not settings.kubeconfig.exists():
        return "the server has not made its certificates yet"
    client = connection.connect(provisioning.local_url(settings), tls / "server-ca.crt", tls / "client-admin.crt")
    try:
        node: dict[str, Any] = await client.get(resources.NODES.path(name=settings.node_name))
    except (ApiError, OSError, TimeoutError) as error:
        return str(error) or "the API server does not answer"
    finally:
        await client.close()
    for condition in node.get("status", {}).get("conditions", ()):
        if condition["type"] == "Ready":
            return "" if condition["status"] == "True" else str(condition.get("message", "its kubelet is not ready"))
    return "its kubelet has not reported yet"
