"""Claims about which nodes are marked as control plane."""

import asyncio
from typing import Any

from fake_api import FakeApi, until

from pyk3s.controllers import node_roles
from pyk3s.controllers.context import Context
from pyk3s.controllers.settings import ControllerSettings
from pyk3s.lib import tasks


def labels(api: FakeApi, name: str) -> Any:
    return api.objects[f"/api/v1/nodes/{name}"]["metadata"].get("labels") or {}


def test_the_node_of_a_server_is_marked_also_when_it_comes_back_and_others_are_not() -> None:
    api = FakeApi()
    for name in ("server", "agent"):
        api.put(f"/api/v1/nodes/{name}", {"metadata": {"name": name, "labels": {"kept": "yes"}}})

    async def work() -> None:
        context = Context(api, ControllerSettings(control_plane_nodes=frozenset({"server"})))
        controller = node_roles.Controller(context)
        async with tasks.TaskOwner("test") as owner:
            owner.start(context.nodes.run(), "nodes")
            owner.start(controller.run(), "controller")
            wanted = {"kept": "yes", **node_roles.LABELS}
            await until(lambda: labels(api, "server") == wanted, "the mark")
            api.remove("/api/v1/nodes/server")
            api.put("/api/v1/nodes/server", {"metadata": {"name": "server"}})
            await until(lambda: labels(api, "server") == node_roles.LABELS, "the mark again")
        assert labels(api, "agent") == {"kept": "yes"}

    asyncio.run(work())
