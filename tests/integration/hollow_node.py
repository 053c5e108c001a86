"""A node without a machine: it registers, says that every pod on it runs and is ready, and lets pods go when they are
deleted.
"""

import asyncio

import msgspec

from pyk3s.client import informer, objects, resources, rest
from pyk3s.client.errors import ApiError
from pyk3s.client.reconciler import Reconciler
from pyk3s.lib import clock, tasks, timestamps

ROOM = {"cpu": "8", "memory": "16Gi", "pods": "110"}


class _Spec(msgspec.Struct, rename="camel"):
    node_name: str = ""


class _Status(msgspec.Struct, rename="camel"):
    phase: str = ""


class _Pod(msgspec.Struct):
    metadata: objects.Metadata
    spec: _Spec
    status: _Status


class HollowNode:
    """Run it beside the controllers; pods whose image is named in `broken` never become ready."""

    def __init__(self, client: rest.Client, name: str, *, room: dict[str, str] | None = None):
        self.name, self.room = name, room or ROOM
        self._client = client
        self._pods = informer.Informer(client, resources.PODS, _Pod, field_selector=f"spec.nodeName={name}")
        self._reconciler = Reconciler(f"hollow node {name}", self._act)
        self._number = 0
        self._pods.on_change(lambda old, new: self._reconciler.add((new or old).metadata.key))

    async def register(self) -> None:
        await self._client.create(
            "/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": self.name}}
        )
        stamp = timestamps.rfc3339(clock.SystemClock().time())
        ready = {
            "type": "Ready",
            "status": "True",
            "reason": "Hollow",
            "lastHeartbeatTime": stamp,
            "lastTransitionTime": stamp,
        }
        status = {"status": {"capacity": self.room, "allocatable": self.room, "conditions": [ready]}}
        await self._client.patch(f"/api/v1/nodes/{self.name}/status", status)

    async def run(self) -> None:
        await self.register()
        async with tasks.TaskOwner(self.name) as owner:
            owner.start(self._pods.run(), "pods")
            owner.start(self._reconciler.run(), "act")
            await owner.run()

    async def _act(self, key: str) -> None:
        pod = self._pods.get(key)
        if pod is None:
            return
        path = resources.PODS.path_of(key)
        try:
            if pod.metadata.deletion_timestamp is not None:
                await self._client.delete(path, {"gracePeriodSeconds": 0})
            elif pod.status.phase == "Pending":
                await self._client.patch(f"{path}/status", self._running(), rest.STRATEGIC_PATCH)
        except ApiError as error:
            if not error.not_found:
                raise

    def _running(self) -> dict[str, object]:
        self._number += 1
        stamp = timestamps.rfc3339(clock.SystemClock().time())
        address = f"10.42.0.{self._number % 250 + 2}"
        conditions = [
            {"type": kind, "status": "True", "lastTransitionTime": stamp} for kind in ("Ready", "ContainersReady")
        ]
        return {"status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "conditions": conditions}}


async def until(holds: object, what: str, *, seconds: float = 20.0) -> None:
    """Wait until `await holds()` is true; the bound only keeps a failed test from hanging."""
    async with asyncio.timeout(seconds):
        while not await holds():  # type: ignore[operator]
            await asyncio.sleep(0.02)
