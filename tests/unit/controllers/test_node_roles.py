"""Claims about which nodes are marked as control plane."""

from typing import Any

from controller_run import run
from fake_api import FakeApi, until

from pyk3s.controllers import node_roles
from pyk3s.controllers.settings import ControllerSettings


def labels(api: FakeApi, name: str) -> Any:
    return api.objects[f"/api/v1/nodes/{name}"]["metadata"].get("labels") or {}


def test_the_node_of_a_server_is_marked_also_when_it_comes_back_and_others_are_not() -> None:
    api = FakeApi()
    for name in ("server", "agent"):
        api.put(f"/api/v1/nodes/{name}", {"metadata": {"name": name, "labels": {"kept": "yes"}}})

    async def test() -> None:
        wanted = {"kept": "yes", **node_roles.LABELS}
        await until(lambda: labels(api, "server") == wanted, "the mark")
        api.remove("/api/v1/nodes/server")
        api.put("/api/v1/nodes/server", {"metadata": {"name": "server"}})
        await until(lambda: labels(api, "server") == node_roles.LABELS, "the mark again")

    run(api, node_roles.Controller, test, ControllerSettings(control_plane_nodes=frozenset({"server"})))
    assert labels(api, "agent") == {"kept": "yes"}
