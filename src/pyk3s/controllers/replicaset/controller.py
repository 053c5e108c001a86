"""Creates and deletes pods until a ReplicaSet has what it asks for, and keeps its status."""

import asyncio
from typing import Any

import msgspec

from pyk3s.api import selectors
from pyk3s.client import objects as client_objects
from pyk3s.client import resources
from pyk3s.client.errors import ApiError
from pyk3s.client.reconciler import Reconciler, RequeueAfter
from pyk3s.controllers import claims, deletion, pods
from pyk3s.controllers.context import Context
from pyk3s.controllers.objects import Pod, ReplicaSet, ReplicaSetStatus
from pyk3s.controllers.replicaset import decide

REF = resources.REPLICA_SETS


class Controller:
    """The ReplicaSet controller."""

    name = "replicaset"

    def __init__(self, context: Context):
        self._context = context
        self._client, self._events = context.client, context.events
        self._replica_sets, self._pods = context.replica_sets, context.pods
        self._pods_of = context.pods_by_controller
        self._namespaces = self._replica_sets.index(lambda each: [each.metadata.namespace])
        self._reconciler = Reconciler(self.name, self._reconcile, workers=5)
        self._replica_sets.on_change(self._replica_set_changed)
        self._pods.on_change(self._pod_changed)

    async def run(self) -> None:
        await self._reconciler.run()

    def _replica_set_changed(self, old: ReplicaSet | None, new: ReplicaSet | None) -> None:
        changed = new or old
        if changed is not None:
            self._reconciler.add(changed.metadata.key)

    def _pod_changed(self, old: Pod | None, new: Pod | None) -> None:
        owners = {_owner_key(pod) for pod in (old, new) if pod is not None}
        for key in owners - {""}:
            self._reconciler.add(key)
        if new is not None and new.metadata.controller is None:
            for replica_set in self._namespaces.get(new.metadata.namespace):
                if selectors.from_label_selector(replica_set.spec.selector).matches(new.metadata.labels):
                    self._reconciler.add(replica_set.metadata.key)

    async def _reconcile(self, key: str) -> RequeueAfter | None:
        replica_set = self._replica_sets.get(key)
        if replica_set is None:
            return None
        owned = await self._claim(replica_set)
        failure: ApiError | None = None
        if replica_set.metadata.deletion_timestamp is None:
            try:
                await self._scale(replica_set, owned)
            except ApiError as error:
                failure = error
            owned = self._pods_of.get(replica_set.metadata.uid)
        again = await self._write_status(replica_set, owned, failure.message if failure else "")
        if failure is not None and not failure.namespace_terminating:
            raise failure
        return RequeueAfter(again) if again else None

    async def _claim(self, replica_set: ReplicaSet) -> list[Pod]:
        meta = replica_set.metadata
        selector = selectors.from_label_selector(replica_set.spec.selector)
        strays = self._pods_of.get(f"/{meta.namespace}")
        found = self._pods_of.get(meta.uid) + [pod for pod in strays if not pods.is_finished(pod)]
        sorted_out = claims.claim(meta, selector.matches, found)
        return await claims.settle(self._client, (REF, meta), resources.PODS, self._pods, sorted_out)

    async def _scale(self, replica_set: ReplicaSet, owned: list[Pod]) -> None:
        active = [pod for pod in owned if pods.is_active(pod)]
        missing = replica_set.spec.replicas - len(active)
        if missing > 0:
            await self._create(replica_set, missing)
        elif missing < 0:
            doomed = decide.removal_order(active, self._context.time.time())[: min(-missing, decide.MOST_AT_ONCE)]
            await _all_or_first_error([self._delete(replica_set, pod) for pod in doomed])

    async def _create(self, replica_set: ReplicaSet, count: int) -> None:
        owner = client_objects.controller_reference(REF.api_version, REF.kind, replica_set.metadata)
        pod = pods.from_template(replica_set.spec.template, owner, f"{replica_set.metadata.name}-")
        body = msgspec.json.encode(pod)
        for batch in decide.slow_start(count):
            await _all_or_first_error([self._create_one(replica_set, body) for _ in range(batch)])

    async def _create_one(self, replica_set: ReplicaSet, body: bytes) -> None:
        about = _reference(replica_set)
        try:
            raw = await self._client.call("POST", resources.PODS.path(replica_set.metadata.namespace), body)
        except ApiError as error:
            if not error.namespace_terminating:
                self._events.record(about, "FailedCreate", f"Error creating: {error.message}", warning=True)
            raise
        self._pods.wrote(raw)
        name = msgspec.json.decode(raw, type=_Named).metadata.name
        self._events.record(about, "SuccessfulCreate", f"Created pod: {name}")

    async def _delete(self, replica_set: ReplicaSet, pod: Pod) -> None:
        about = _reference(replica_set)
        try:
            await deletion.delete(self._client, resources.PODS, self._pods, pod.metadata)
        except ApiError as error:
            self._events.record(about, "FailedDelete", f"Error deleting: {error.message}", warning=True)
            raise
        self._events.record(about, "SuccessfulDelete", f"Deleted pod: {pod.metadata.name}")

    async def _write_status(self, replica_set: ReplicaSet, owned: list[Pod], failure: str) -> float | None:
        labels = decide.template_labels(replica_set.spec.template)
        made, again = decide.status(replica_set, owned, labels, self._context.time.time(), failure)
        if made != replica_set.status:
            patch = {"metadata": {"uid": replica_set.metadata.uid}, "status": _as_patch(made)}
            path = REF.path_of(replica_set.metadata.key, "status")
            raw = await self._client.send("PATCH", path, patch, content_type="application/merge-patch+json")
            self._replica_sets.wrote(raw)
        return again


class _Named(msgspec.Struct):
    metadata: client_objects.Identity


def _as_patch(status: ReplicaSetStatus) -> dict[str, Any]:
    patch: dict[str, Any] = msgspec.to_builtins(status)
    patch["conditions"] = patch["conditions"] or None
    return patch


def _owner_key(pod: Pod) -> str:
    controller = pod.metadata.controller
    return f"{pod.metadata.namespace}/{controller.name}" if controller and controller.kind == REF.kind else ""


def _reference(replica_set: ReplicaSet) -> dict[str, Any]:
    return client_objects.reference(REF.api_version, REF.kind, replica_set.metadata)


async def _all_or_first_error(work: list[Any]) -> None:
    """Let all finish, then raise the first error."""
    for outcome in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome
