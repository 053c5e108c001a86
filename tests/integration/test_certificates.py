"""Certificates of a running API server: renewed while it serves, under watches that go on."""

import asyncio
import datetime
import pathlib

from secured_api import IDENTITY, connect, now, secured

from pyk3s.client import rest
from pyk3s.pki import contexts, facts, lifetimes, provision

SHORT = lifetimes.Lifetimes(leaf=datetime.timedelta(hours=1), window=datetime.timedelta(minutes=20))
MAPS = "/api/v1/namespaces/default/configmaps"


def config_map(name: str) -> rest.JSON:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


async def shown(folder: pathlib.Path, port: int) -> float:
    """When the certificate ends that a new connection is shown."""
    context = contexts.Contexts().client(folder / "server-ca.crt", contexts.Pair(folder / "client-admin.crt"))
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return facts.read(der).not_after


def test_short_lived_leaves_are_renewed_under_a_running_watch(tmp_path: pathlib.Path) -> None:
    tls = tmp_path / "tls"
    provision.provision_server(tls, IDENTITY, now() - datetime.timedelta(minutes=45), SHORT)

    async def work() -> None:
        live = contexts.Contexts()
        async with secured(tls) as server:
            client = connect(tls, server, live=live)
            version = (await client.list(MAPS))["metadata"]["resourceVersion"]
            watch = client.watch(MAPS, version)
            first = asyncio.ensure_future(anext(watch))
            await client.create(MAPS, config_map("before"))
            assert (await first).type == "ADDED"
            before = await shown(tls, server.port)

            provision.provision_server(tls, IDENTITY, now(), SHORT)
            server.settings.live.look(), live.look()

            assert await shown(tls, server.port) > before
            second = asyncio.ensure_future(anext(watch))
            await client.create(MAPS, config_map("after"))
            assert b'"after"' in bytes((await second).raw)
            await watch.aclose()
            await client.close()

    asyncio.run(work())
