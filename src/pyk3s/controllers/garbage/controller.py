"""Acts on the graph of owners: deletes dependents of what is gone, finishes foreground deletions, orphans where asked.

The graph says where to look; before anything is deleted the server itself is asked about the object and its owners.
"""

import asyncio
import collections
from typing import Any, NamedTuple

import msgspec

from pyk3s.client import errors, objects, rest
from pyk3s.client.reconciler import Reconciler
from pyk3s.controllers.context import Context
from pyk3s.controllers.garbage import graph as graphs
from pyk3s.controllers.garbage.graph import FOREGROUND, ORPHAN, Graph, Node, Owner
from pyk3s.controllers.garbage.monitors import Monitors
from pyk3s.lib import tasks

ABSENT_MOST = 2000


class _Live(NamedTuple):
    """An object's metadata as the server has it now, in full."""

    metadata: dict[str, Any]
    owners: list[dict[str, Any]]

    @property
    def resource_version(self) -> str:
        return str(self.metadata["resourceVersion"])


class _Sorted(NamedTuple):
    """Owner references by the state of the owner."""

    solid: list[dict[str, Any]]
    gone: list[dict[str, Any]]
    waiting: list[dict[str, Any]]


class Controller:
    """The garbage collector."""

    name = "garbagecollector"

    def __init__(self, context: Context):
        self._context, self._client = context, context.client
        self._graph = Graph()
        self._absent: collections.OrderedDict[tuple[str, str], None] = collections.OrderedDict()
        self._reconciler = Reconciler(self.name, self._reconcile, workers=8)
        self._monitors: Monitors | None = None

    async def run(self) -> None:
        monitors = self._monitors = Monitors(self._context, self._changed)
        ready = asyncio.Event()
        async with tasks.TaskOwner(self.name) as owner:
            owner.start(monitors.run(ready), "monitors")
            owner.start(self._work(ready), "work")
            await owner.run()

    async def _work(self, ready: asyncio.Event) -> None:
        await ready.wait()
        await self._reconciler.run()

    def _changed(self, old: Node | None, new: Node | None) -> None:
        if old is not None and (new is None or new.uid != old.uid):
            self._gone(old)
        if new is None:
            return
        before = self._graph.get(new.uid)
        self._graph.put(new)
        marks = (new.owners, new.foreground, new.orphaning)
        if before is not None and marks == (before.owners, before.foreground, before.orphaning):
            return
        if new.foreground or new.orphaning or not graphs.settled(new, self._graph):
            self._reconciler.add(new.uid)
        if before is not None and before.owners != new.owners:
            self._wake_waiting(before)

    def _gone(self, node: Node) -> None:
        self._graph.remove(node.uid)
        self._remember_absent(node.uid, node.namespace)
        for dependent in self._graph.dependents(node.uid):
            self._reconciler.add(dependent.uid)
        self._wake_waiting(node)

    def _wake_waiting(self, dependent: Node) -> None:
        """Owners whose foreground deletion may have waited for this dependent."""
        for owner in dependent.owners:
            present = self._graph.get(owner.uid)
            if present is not None and present.foreground:
                self._reconciler.add(owner.uid)

    async def _reconcile(self, uid: str) -> None:
        node = self._graph.get(uid)
        if node is None:
            return
        with errors.gone_is_fine():
            if node.orphaning:
                await self._orphan_dependents(node)
            elif node.foreground:
                await self._finish_foreground(node)
            elif not node.deleting and not graphs.settled(node, self._graph):
                await self._judge(node)

    async def _finish_foreground(self, node: Node) -> None:
        blocking = graphs.blocking(node, self._graph)
        for dependent in self._graph.dependents(node.uid):
            if not dependent.deleting:
                self._reconciler.add(dependent.uid)
        if not blocking:
            await self._remove_finalizer(node, FOREGROUND)

    async def _orphan_dependents(self, node: Node) -> None:
        for dependent in self._graph.dependents(node.uid):
            with errors.gone_is_fine():
                live = await self._live(dependent)
                if live is not None:
                    await self._keep_owners(dependent, live, [each for each in live.owners if each["uid"] != node.uid])
        await self._remove_finalizer(node, ORPHAN)

    async def _judge(self, node: Node) -> None:
        """Delete the object if none of its owners is left; else drop references to those that are gone."""
        live = await self._live(node)
        if live is None or live.metadata.get("deletionTimestamp"):
            return
        sorted_out = await self._sort_owners(node, live)
        if not live.owners:
            return
        if sorted_out.solid:
            if sorted_out.gone or sorted_out.waiting:
                await self._keep_owners(node, live, sorted_out.solid)
            return
        if sorted_out.waiting and self._graph.has_dependents(node.uid):
            policy = "Foreground"
        else:
            policy = _policy(live.metadata.get("finalizers") or [])
        preconditions = {"uid": node.uid, "resourceVersion": live.resource_version}
        await self._client.send("DELETE", node.path, {"propagationPolicy": policy, "preconditions": preconditions})

    async def _sort_owners(self, node: Node, live: _Live) -> _Sorted:
        sorted_out = _Sorted([], [], [])
        for each in live.owners:
            owner = Owner(each["uid"], each["apiVersion"], each["kind"], each["name"], False)
            present = self._graph.get(owner.uid)
            if not await self._exists(owner, present, node.namespace):
                sorted_out.gone.append(each)
            elif present is not None and present.foreground:
                sorted_out.waiting.append(each)
            else:
                sorted_out.solid.append(each)
        return sorted_out

    async def _exists(self, owner: Owner, present: Node | None, namespace: str) -> bool:
        """Whether there is such an owner for an object in that namespace."""
        if present is not None:
            return present.namespace in ("", namespace)
        if (owner.uid, namespace) in self._absent or (owner.uid, "") in self._absent:
            return False
        ref = self._monitors.refs.get((owner.api_version, owner.kind)) if self._monitors else None
        if ref is None:
            raise errors.ApiError(503, "UnknownOwnerKind", f"no resource serves {owner.api_version} {owner.kind}")
        if ref.namespaced and not namespace:
            return False
        try:
            found = await self._client.call("GET", ref.path(namespace, owner.name), accept=_ACCEPT)
        except errors.ApiError as error:
            if not error.not_found:
                raise
            found = b"{}"
        if msgspec.json.decode(found, type=_Object).metadata.uid == owner.uid:
            return True
        self._remember_absent(owner.uid, namespace if ref.namespaced else "")
        return False

    def _remember_absent(self, uid: str, namespace: str) -> None:
        self._absent[(uid, namespace)] = None
        if len(self._absent) > ABSENT_MOST:
            self._absent.popitem(last=False)

    async def _live(self, node: Node) -> _Live | None:
        """The object now; None if it is another one by that name. Raises ApiError (404: it is gone)."""
        found = msgspec.json.decode(await self._client.call("GET", node.path, accept=_ACCEPT))["metadata"]
        return _Live(found, found.get("ownerReferences") or []) if found["uid"] == node.uid else None

    async def _keep_owners(self, node: Node, live: _Live, owners: list[dict[str, Any]]) -> None:
        if len(owners) != len(live.owners):
            await self._patch(node, live, {"ownerReferences": owners or None})

    async def _remove_finalizer(self, node: Node, name: str) -> None:
        live = await self._live(node)
        finalizers = live.metadata.get("finalizers") or [] if live else []
        if live is not None and name in finalizers:
            await self._patch(node, live, {"finalizers": [each for each in finalizers if each != name] or None})

    async def _patch(self, node: Node, live: _Live, metadata: dict[str, Any]) -> None:
        patch = {"metadata": {"uid": node.uid, "resourceVersion": live.resource_version, **metadata}}
        await self._client.send("PATCH", node.path, patch, content_type=rest.MERGE_PATCH)


class _Object(msgspec.Struct):
    metadata: objects.Identity = msgspec.field(default_factory=objects.Identity)


_ACCEPT = f"{rest.METADATA_ONLY},application/json"


def _policy(finalizers: list[str]) -> str:
    """A dependent is deleted in the way that its own finalizers already ask for."""
    if ORPHAN in finalizers:
        return "Orphan"
    return "Foreground" if FOREGROUND in finalizers else "Background"
