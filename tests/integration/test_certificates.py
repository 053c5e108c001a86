"""Certificates of a running API server: renewed while it serves, and what it refuses."""

import asyncio
import contextlib
import datetime
import pathlib
import socket
from collections.abc import AsyncIterator

from pyk3s.apiserver.server import ApiServer
from pyk3s.apiserver.settings import ApiSettings
from pyk3s.client import rest
from pyk3s.datastore.open import open_datastore
from pyk3s.pki import contexts, facts, lifetimes, provision
from pyk3s.roles import connection

SHORT = lifetimes.Lifetimes(leaf=datetime.timedelta(hours=1), window=datetime.timedelta(minutes=20))
IDENTITY = provision.Identity("n1", ("127.0.0.1",), ("n1",))
MAPS = "/api/v1/namespaces/default/configmaps"


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def secured(folder: pathlib.Path) -> AsyncIterator[ApiServer]:
    """A server on the certificates of `folder`."""
    datastore = await open_datastore(f"sqlite://{folder}/state.db")
    live = contexts.Contexts()
    context = live.server(contexts.Pair(folder / "serving-kube-apiserver.crt"), (folder / "client-ca.crt",))
    server = ApiServer(
        ApiSettings(port=free_port(), ssl_context=context, live=live, advertise_address="192.0.2.1"), datastore
    )
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
        await datastore.close()


def connect(folder: pathlib.Path, server: ApiServer, live: contexts.Contexts) -> rest.Client:
    url = f"https://127.0.0.1:{server.port}"
    return connection.connect(url, folder / "server-ca.crt", folder / "client-admin.crt", live)


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
    made = now() - datetime.timedelta(minutes=45)
    provision.provision_server(tmp_path, IDENTITY, made, SHORT)

    async def work() -> None:
        live = contexts.Contexts()
        async with secured(tmp_path) as server:
            client = connect(tmp_path, server, live)
            version = (await client.list(MAPS))["metadata"]["resourceVersion"]
            watch = client.watch(MAPS, version)
            first = asyncio.ensure_future(anext(watch))
            await client.create(MAPS, config_map("before"))
            assert (await first).type == "ADDED"
            before = await shown(tmp_path, server.port)

            provision.provision_server(tmp_path, IDENTITY, now(), SHORT)
            server.settings.live.look(), live.look()

            assert await shown(tmp_path, server.port) > before
            second = asyncio.ensure_future(anext(watch))
            await client.create(MAPS, config_map("after"))
            assert b'"after"' in bytes((await second).raw)
            await watch.aclose()
            await client.close()

    asyncio.run(work())
