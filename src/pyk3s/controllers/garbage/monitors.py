"""Follows the metadata of every deletable resource, built-in, custom or aggregated, and reports it as graph nodes.

Resources that other controllers follow anyway are taken from their informers; the rest get informers that ask the
server for metadata alone. What resources there are is looked up again when a CustomResourceDefinition or APIService
changes.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from pyk3s.client import informer, objects, resources
from pyk3s.client.errors import ApiError
from pyk3s.controllers import discovery
from pyk3s.controllers.context import Context
from pyk3s.controllers.garbage.graph import Node
from pyk3s.lib import log, tasks

NEEDED = {"list", "watch", "delete"}
IGNORED = {"events"}  # they own nothing, have no owner, and are many
DEFINING = {"customresourcedefinitions", "apiservices"}
SETTLE_S = 0.5  # definitions come in groups and take a moment to be served
RETRY_S = 5.0
SYNC_S = 10.0  # one resource that cannot be listed must not hold up the rest

Report = Callable[[Node | None, Node | None], None]

_log = log.get_logger("garbagecollector")


class _Object(msgspec.Struct):
    metadata: objects.Metadata


class Monitors:
    """Runs one informer per resource. `refs` maps (apiVersion, kind) to the resource."""

    def __init__(self, context: Context, report: Report):
        self._context, self._report = context, report
        self._shared = {each.ref: each for each in context.informers if each.complete}
        self._taken: set[resources.ResourceRef] = set()
        self._running: dict[resources.ResourceRef, asyncio.Task[None]] = {}
        self._stores: dict[resources.ResourceRef, informer.Informer[Node]] = {}
        self._look = asyncio.Event()
        self.refs: dict[tuple[str, str], resources.ResourceRef] = {}

    async def run(self, ready: asyncio.Event) -> None:
        """Follow resources until cancelled; sets `ready` when the first set is complete."""
        async with tasks.TaskOwner("garbage monitors") as owner:
            while True:
                complete = await self._follow_served(owner)
                await self._await_sync()
                ready.set()
                if complete:
                    await self._look.wait()
                self._look.clear()
                await self._context.time.sleep(SETTLE_S if complete else RETRY_S)

    async def _await_sync(self) -> None:
        pending = [each.synced() for each in self._stores.values() if not each.is_synced]
        try:
            async with asyncio.timeout(SYNC_S):
                await asyncio.gather(*pending)
        except TimeoutError:
            _log.warning("some resources cannot be followed yet; their objects are looked up singly")

    async def _follow_served(self, owner: tasks.TaskOwner) -> bool:
        """Start and stop informers as discovery says; False if part of it could not be asked."""
        try:
            found = await discovery.discover(self._context.client)
        except (ApiError, OSError, TimeoutError) as error:
            _log.warning("discovery failed", error=error or type(error).__name__)
            return False
        self.refs = {(each.ref.api_version, each.ref.kind): each.ref for each in found.served}
        wanted = {each.ref for each in found.served if each.verbs >= NEEDED and each.ref.plural not in IGNORED}
        if not found.unknown:
            for ref in self._running.keys() - wanted:
                self._stop(ref)
        for ref in sorted(wanted - self._running.keys() - self._taken):
            if ref in self._shared:
                self._taken.add(ref)
                self._shared[ref].on_change(self._translator(ref))
            else:
                self._start(ref, owner)
        return not found.unknown

    def _translator(self, ref: resources.ResourceRef) -> Callable[[Any, Any], None]:
        def changed(old: Any, new: Any) -> None:
            self._report(Node(ref, old.metadata) if old else None, Node(ref, new.metadata) if new else None)

        return changed

    def _start(self, ref: resources.ResourceRef, owner: tasks.TaskOwner) -> None:
        def keep(decoded: _Object) -> Node:
            return Node(ref, decoded.metadata)

        made: informer.Informer[Node] = informer.Informer(
            self._context.client, ref, _Object, keep=keep, metadata_only=True
        )
        made.on_change(self._report)
        if ref.plural in DEFINING:
            made.on_change(lambda old, new: self._look.set())
        self._stores[ref] = made
        self._running[ref] = owner.start(made.run(), ref.plural)

    def _stop(self, ref: resources.ResourceRef) -> None:
        """The resource is no more, and so are its objects."""
        self._running.pop(ref).cancel()
        for node in list(self._stores.pop(ref).store.values()):
            self._report(node, None)
