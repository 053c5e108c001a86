"""API server, scheduler and controllers in this process, over plain HTTP, with hollow nodes in place of machines."""

import asyncio
import contextlib
import pathlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from hollow_node import HollowNode
from ports import free_port

from pyk3s.apiserver import identity
from pyk3s.apiserver.server import ApiServer
from pyk3s.apiserver.settings import ApiSettings
from pyk3s.client import rest
from pyk3s.client.errors import ApiError
from pyk3s.controllers import manager
from pyk3s.controllers.settings import ControllerSettings
from pyk3s.datastore.open import open_datastore
from pyk3s.lib import tasks
from pyk3s.scheduler import run as scheduler
from pyk3s.wire.http import client as http

ADMIN = identity.User("admin", (identity.MASTERS, "system:authenticated"))


@contextlib.asynccontextmanager
async def serving(folder: pathlib.Path, *users: identity.User) -> AsyncIterator[list[rest.Client]]:
    """An API server alone, and a client for each user."""
    datastore = await open_datastore(f"sqlite://{folder}/state.db")
    tokens = {f"token-{number}": user for number, user in enumerate(users)}
    server = ApiServer(ApiSettings(port=free_port(), advertise_address="192.0.2.1", tokens=tokens), datastore)
    await server.start()
    address = f"http://127.0.0.1:{server.port}"
    clients = [rest.Client(http.HttpClient(address, None, {"Authorization": f"Bearer {token}"})) for token in tokens]
    try:
        yield clients
    finally:
        for client in clients:
            await client.close()
        await server.stop()
        await datastore.close()


@contextlib.asynccontextmanager
async def cluster(folder: pathlib.Path, *, nodes: int = 1, **settings: Any) -> AsyncIterator[rest.Client]:
    """All of it; `settings` are those of the controllers."""
    async with serving(folder, ADMIN) as (client,), tasks.TaskOwner("cluster") as owner:
        owner.start(manager.run(client, ControllerSettings(cluster_ca_pem="PEM", **settings)), "controllers")
        owner.start(scheduler.run(client), "scheduler")
        for number in range(nodes):
            owner.start(HollowNode(client, f"n{number}").run(), f"n{number}")
        yield client


def in_cluster(folder: pathlib.Path, test: Callable[[rest.Client], Awaitable[None]], **settings: Any) -> None:
    """Run a test in a cluster of its own."""

    async def work() -> None:
        async with cluster(folder, **settings) as client:
            await test(client)

    asyncio.run(work())


async def is_gone(client: rest.Client, path: str) -> bool:
    try:
        await client.get(path)
    except ApiError as error:
        return error.not_found
    return False
