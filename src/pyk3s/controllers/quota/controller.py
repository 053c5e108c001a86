"""The ResourceQuota controller.

Admission charges quotas as it lets objects through; this gives back: when something is deleted, a pod finishes or a
quota changes, the namespace is counted again and the status written if it is different. Once more half a minute after
admission has charged, since what it charged may then have failed. A cluster without quotas costs one watch.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from pyk3s.client import objects, resources
from pyk3s.client.reconciler import Reconciler
from pyk3s.controllers import discovery
from pyk3s.controllers.context import Context
from pyk3s.controllers.quota import counting, following
from pyk3s.lib import tasks

JSON = dict[str, Any]
PAGE = 500
AGAIN_S = 30.0
KNOWN = {
    ref.plural: ref
    for ref in (
        resources.PODS,
        resources.SERVICES,
        resources.PERSISTENT_VOLUME_CLAIMS,
        resources.CONFIG_MAPS,
        resources.SECRETS,
        resources.RESOURCE_QUOTAS,
    )
}


class Quota(msgspec.Struct):
    """What is kept of a quota: enough to see what changed, and what the garbage collector reads of everything."""

    metadata: objects.Metadata
    spec: dict[str, Any] = {}
    status: dict[str, Any] = {}


class Controller:
    """Counts the quotas of a namespace again."""

    name = "resourcequota-controller"

    def __init__(self, context: Context):
        self._client = context.client
        self._quotas = context.shared(resources.RESOURCE_QUOTAS, Quota)
        self._by_namespace = self._quotas.index(lambda quota: [quota.metadata.namespace])
        self._reconciler = Reconciler(self.name, self._reconcile, workers=1)
        self._following = following.Following(context, self._freed)
        self._served: dict[str, resources.ResourceRef] = dict(KNOWN)
        self._owner = tasks.TaskOwner(self.name)
        self._quotas.on_change(self._changed)

    async def run(self) -> None:
        async with self._owner as owner:
            owner.start(self._reconciler.run(), "reconciler")
            await owner.run()

    def _changed(self, old: Quota | None, new: Quota | None) -> None:
        key = (new or old).metadata.key  # type: ignore[union-attr]
        if new is None or old is None or new.spec != old.spec or not new.status.get("hard"):
            self._reconciler.add(key)
        elif new.status != old.status:
            self._reconciler.queue.add_after(key, AGAIN_S)

    def _freed(self, namespace: str) -> None:
        for key in self._by_namespace.keys(namespace):
            self._reconciler.add(key)

    async def _reconcile(self, key: str) -> None:
        await self._follow()
        if self._quotas.get(key) is None:
            return
        ref = resources.RESOURCE_QUOTAS
        quota = await self._client.get(ref.path_of(key))
        spec = quota.get("spec") or {}
        namespace = quota["metadata"]["namespace"]
        found = {}
        for qualified, each in self._refs(spec.get("hard") or {}).items():
            found[qualified] = each, await self._found(each, namespace, qualified)
        status = {"hard": spec.get("hard") or {}, "used": counting.used(spec, found)}
        if status != (quota.get("status") or {}):
            body = {**quota, "status": status}
            self._quotas.wrote(await self._client.send("PUT", ref.path_of(key, "status"), body))

    async def _follow(self) -> None:
        """Follow what some quota counts; looks up what is served where a quota names something unknown."""
        names = {name for quota in self._quotas.store.values() for name in quota.spec.get("hard") or ()}
        if any(counting.resource_of(name) not in self._served for name in names):
            found = await discovery.discover(self._client)
            self._served = {each.ref.qualified: each.ref for each in found.served if each.ref.namespaced}
        self._following.follow(self._refs(names).values(), self._owner)

    def _refs(self, names: Iterable[str]) -> dict[str, resources.ResourceRef]:
        """The served resources that names are about."""
        wanted = {counting.resource_of(name) for name in names}
        return {each: self._served[each] for each in sorted(wanted) if each in self._served}

    async def _found(self, ref: resources.ResourceRef, namespace: str, qualified: str) -> list[JSON] | int:
        """The objects of a namespace, or how many there are where that is all that matters."""
        path = ref.path(namespace)
        if not counting.measured(f"{counting.COUNT}{qualified}"):
            page = await self._client.list(path, limit="1")
            return len(page.get("items") or ()) + int(page["metadata"].get("remainingItemCount") or 0)
        items: list[JSON] = []
        query = {"limit": str(PAGE)}
        while True:
            page = await self._client.list(path, **query)
            items += page.get("items") or ()
            if not (more := page["metadata"].get("continue")):
                return items
            query["continue"] = more
