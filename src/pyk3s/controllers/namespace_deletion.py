"""Empties a namespace that is being deleted, whatever kinds of objects it holds, then lets it go.

Deletes collection by collection as discovery lists them, and looks again until nothing is left. What holds it up is
told in the conditions of the namespace's status.
"""

import asyncio
import collections
from typing import Any, NamedTuple

import msgspec

from pyk3s.client import resources, rest
from pyk3s.client.errors import ApiError
from pyk3s.client.reconciler import Reconciler, RequeueAfter
from pyk3s.controllers import discovery
from pyk3s.controllers.context import Context
from pyk3s.controllers.objects import Condition, Namespace, condition
from pyk3s.lib import timestamps

FINALIZER = "kubernetes"
AT_ONCE = 6
LOOK_AGAIN_S = 1.0
SLOW_LOOK_S = 5.0


class _RemainingMetadata(msgspec.Struct, rename="camel"):
    finalizers: list[str] = []


class _RemainingItem(msgspec.Struct):
    metadata: _RemainingMetadata


class _Remaining(msgspec.Struct):
    items: list[_RemainingItem] | None = None


class Left(NamedTuple):
    """What is still in one collection."""

    resource: str
    instances: int
    finalizers: collections.Counter[str]


class Controller:
    """The namespace controller."""

    name = "namespace"

    def __init__(self, context: Context):
        self._client, self._time, self._namespaces = context.client, context.time, context.namespaces
        self._reconciler = Reconciler(self.name, self._reconcile, workers=3)
        self._looks: dict[str, int] = {}
        self._namespaces.on_change(self._changed)

    async def run(self) -> None:
        await self._reconciler.run()

    def _changed(self, old: Namespace | None, new: Namespace | None) -> None:
        if new is None and old is not None:
            self._looks.pop(old.metadata.name, None)
        elif new is not None and new.terminating and (old is None or not old.terminating or not new.spec.finalizers):
            self._reconciler.add(new.metadata.name)

    async def _reconcile(self, name: str) -> RequeueAfter | None:
        namespace = self._namespaces.get(name)
        if namespace is None or not namespace.terminating or FINALIZER not in namespace.spec.finalizers:
            return None
        found = await discovery.discover(self._client)
        left, failures = await self._empty(name, found.served)
        await self._tell(namespace, conditions(found.unknown, failures, left, self._time.time()))
        if left or failures or found.unknown:
            looks = self._looks[name] = self._looks.get(name, 0) + 1
            return RequeueAfter(min(SLOW_LOOK_S, LOOK_AGAIN_S * looks))
        await self._finalize(name)
        return None

    async def _empty(self, namespace: str, served: list[discovery.Served]) -> tuple[list[Left], list[str]]:
        """Delete all; what is left, and what went wrong."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(each: discovery.Served) -> Left | str | None:
            async with gate:
                try:
                    return await self._empty_one(namespace, each)
                except ApiError as error:
                    return None if error.code in (404, 405) else f"{each.ref.plural}: {error.message}"

        wanted = [each for each in served if each.ref.namespaced and {"list", "delete"} <= each.verbs]
        outcomes = await asyncio.gather(*(one(each) for each in wanted))
        left = [each for each in outcomes if isinstance(each, Left)]
        return left, [each for each in outcomes if isinstance(each, str)]

    async def _empty_one(self, namespace: str, each: discovery.Served) -> Left | None:
        path = each.ref.path(namespace)
        options = {"propagationPolicy": "Background"}
        if "deletecollection" in each.verbs:
            await self._client.send("DELETE", path, options)
        remaining = await self._remaining(path)
        if remaining and "deletecollection" not in each.verbs:
            listed = await self._client.list(path)
            for item in listed.get("items") or ():
                await self._client.delete(each.ref.path(namespace, item["metadata"]["name"]), options)
            remaining = await self._remaining(path)
        if not remaining:
            return None
        finalizers = collections.Counter(name for item in remaining for name in item.metadata.finalizers)
        resource = f"{each.ref.plural}.{each.ref.group}" if each.ref.group else each.ref.plural
        return Left(resource, len(remaining), finalizers)

    async def _remaining(self, path: str) -> list[_RemainingItem]:
        raw = await self._client.call("GET", path, accept=f"{rest.METADATA_LIST_ONLY},application/json")
        return msgspec.json.decode(raw, type=_Remaining).items or []

    async def _tell(self, namespace: Namespace, wanted: list[Condition]) -> None:
        merged = merge(namespace.status.conditions, wanted)
        if merged == namespace.status.conditions:
            return
        patch = {"status": {"conditions": msgspec.to_builtins(merged)}}
        path = resources.NAMESPACES.path(name=namespace.metadata.name, subresource="status")
        raw = await self._client.send("PATCH", path, patch, content_type=rest.MERGE_PATCH)
        self._namespaces.wrote(raw)

    async def _finalize(self, name: str) -> None:
        path = resources.NAMESPACES.path(name=name)
        live = await self._client.get(path)
        finalizers = [each for each in live["spec"].get("finalizers") or () if each != FINALIZER]
        body: dict[str, Any] = {**live, "spec": {**live["spec"], "finalizers": finalizers}}
        await self._client.update(f"{path}/finalize", body)


def conditions(unknown: list[str], failures: list[str], left: list[Left], now: float) -> list[Condition]:
    """What the status tells of the progress; types, reasons and the good messages are those that kubectl's readers
    know.
    """
    held: collections.Counter[str] = collections.Counter()
    for each in left:
        held.update(each.finalizers)
    counts = ", ".join(f"{each.resource} has {each.instances} resource instances" for each in sorted(left))
    holders = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(held.items()))
    facts = [
        ("NamespaceDeletionDiscoveryFailure", "DiscoveryFailed", "ResourcesDiscovered",
         f"Discovery failed for some groups: {', '.join(unknown)}" if unknown else "",
         "All resources successfully discovered"),
        ("NamespaceDeletionGroupVersionParsingFailure", "GroupVersionParsingFailed", "ParsedGroupVersions", "",
         "All legacy kube types successfully parsed"),
        ("NamespaceDeletionContentFailure", "ContentDeletionFailed", "ContentDeleted",
         f"Failed to delete all resource types, {len(failures)} remaining: {'; '.join(failures)}" if failures else "",
         "All content successfully deleted, may be waiting on finalization"),
        ("NamespaceContentRemaining", "SomeResourcesRemain", "ContentRemoved",
         f"Some resources are remaining: {counts}" if left else "", "All content successfully removed"),
        ("NamespaceFinalizersRemaining", "SomeFinalizersRemain", "ContentHasNoFinalizers",
         f"Some content in the namespace has finalizers remaining: {holders}" if held else "",
         "All content-preserving finalizers finished"),
    ]  # fmt: skip
    stamp = timestamps.rfc3339(now)
    return [
        Condition(kind, "True" if bad else "False", wrong if bad else right, bad or good, last_transition_time=stamp)
        for kind, wrong, right, bad, good in facts
    ]


def merge(present: list[Condition], wanted: list[Condition]) -> list[Condition]:
    """Conditions that say the same keep their time."""
    merged = []
    for new in wanted:
        old = condition(present, new.type)
        same = old is not None and (old.status, old.reason, old.message) == (new.status, new.reason, new.message)
        merged.append(old if same and old is not None else new)
    return merged
