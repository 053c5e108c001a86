"""Memory of an API server that holds many objects: resident set of its process after they were created one by one."""

import client as clients
import objects
import servers

PODS, CONFIG_MAPS = 5_000, 10_000


async def fill(url: str, *, pods: int = PODS, config_maps: int = CONFIG_MAPS) -> None:
    """Create the objects."""
    async with clients.connect(url, servers.TOKEN) as client:
        await objects.prepare(client)

        async def make_pod(number: int) -> None:
            await client.send("POST", f"{objects.COLLECTION}/pods", objects.pod(f"held-{number}"))

        async def make_config_map(number: int) -> None:
            await client.send("POST", f"{objects.COLLECTION}/configmaps", objects.config_map(f"held-{number}"))

        await clients.side_by_side(range(pods), make_pod)
        await clients.side_by_side(range(config_maps), make_config_map)
