"""Carries out rollouts: makes and scales ReplicaSets as `rollout` decides, and keeps the Deployment's status."""

from collections.abc import Iterable
from typing import Any

import msgspec

from pyk3s.api import selectors
from pyk3s.client import objects as client_objects
from pyk3s.client import resources, rest
from pyk3s.client.errors import ApiError
from pyk3s.client.reconciler import Reconciler, RequeueAfter
from pyk3s.controllers import claims, deletion
from pyk3s.controllers.context import Context
from pyk3s.controllers.deployment import annotations, rollout, status, templates
from pyk3s.controllers.deployment.objects import HASH_LABEL, REVISION, Deployment, keep
from pyk3s.controllers.objects import Pod, ReplicaSet, condition

REF, SETS = resources.DEPLOYMENTS, resources.REPLICA_SETS
PAUSED, RESUMED = "DeploymentPaused", "DeploymentResumed"


class Controller:
    """The Deployment controller."""

    name = "deployment"

    def __init__(self, context: Context):
        self._context, self._client, self._events = context, context.client, context.events
        self._sets, self._pods_of = context.replica_sets, context.pods_by_controller
        self._deployments = context.shared(REF, Deployment, keep=keep)
        self._by_namespace = self._deployments.index(lambda each: [each.metadata.namespace])
        self._sets_of = self._sets.index(_owner_or_namespace)
        self._reconciler = Reconciler(self.name, self._reconcile, workers=5)
        self._deployments.on_change(self._deployment_changed)
        self._sets.on_change(self._set_changed)
        context.pods.on_change(self._pod_changed)

    async def run(self) -> None:
        await self._reconciler.run()

    def _deployment_changed(self, old: Deployment | None, new: Deployment | None) -> None:
        changed = new or old
        if changed is not None:
            self._reconciler.add(changed.metadata.key)

    def _set_changed(self, old: ReplicaSet | None, new: ReplicaSet | None) -> None:
        for each in (old, new):
            controller = each.metadata.controller if each else None
            if each is not None and controller is not None and controller.kind == REF.kind:
                self._reconciler.add(f"{each.metadata.namespace}/{controller.name}")
        if new is not None and new.metadata.controller is None:
            for deployment in self._by_namespace.get(new.metadata.namespace):
                if selectors.from_label_selector(deployment.spec.selector).matches(new.metadata.labels):
                    self._reconciler.add(deployment.metadata.key)

    def _pod_changed(self, old: Pod | None, new: Pod | None) -> None:
        """With Recreate, new pods wait until the last old one is gone."""
        if new is not None or old is None or old.metadata.controller is None:
            return
        owner = self._sets.get(f"{old.metadata.namespace}/{old.metadata.controller.name}")
        controller = owner.metadata.controller if owner else None
        if controller is not None:
            key = f"{old.metadata.namespace}/{controller.name}"
            deployment = self._deployments.get(key)
            if deployment is not None and deployment.spec.strategy.type == "Recreate":
                self._reconciler.add(key)

    async def _reconcile(self, key: str) -> RequeueAfter | None:
        deployment = self._deployments.get(key)
        if deployment is None or not deployment.spec.selector:
            return None
        owned = await self._claim(deployment)
        current = templates.find_current(deployment, owned)
        others = [each for each in owned if current is None or each.metadata.uid != current.metadata.uid]
        if deployment.metadata.deletion_timestamp is not None:
            return await self._write_status(deployment, current, others, rolling=False)
        if current is not None:
            current = await self._annotate(deployment, current, others)
        if deployment.spec.paused or rollout.was_rescaled(deployment, owned):
            return await self._resize(deployment, current, others)
        if deployment.spec.strategy.type == "Recreate":
            return await self._recreate(deployment, current, others)
        return await self._roll(deployment, current, others)

    async def _claim(self, deployment: Deployment) -> list[ReplicaSet]:
        meta = deployment.metadata
        selector = selectors.from_label_selector(deployment.spec.selector)
        found = self._sets_of.get(meta.uid) + self._sets_of.get(f"/{meta.namespace}")
        sorted_out = claims.claim(meta, selector.matches, found)
        return await claims.settle(self._client, (REF, meta), SETS, self._sets, sorted_out)

    async def _resize(
        self, deployment: Deployment, current: ReplicaSet | None, others: list[ReplicaSet]
    ) -> RequeueAfter | None:
        steps = {step.replica_set.metadata.uid: step.size for step in rollout.rescale(deployment, current, others)}
        for each in [*others, *([current] if current else [])]:
            size = steps.get(each.metadata.uid, each.spec.replicas)
            if size or each.spec.replicas:
                await self._scale(deployment, rollout.Scale(each, size))
        current, others = self._fresh(current), self._all_fresh(others)
        if deployment.spec.paused:
            await self._clean_up(deployment, others)
        return await self._write_status(deployment, current, others, note=_pause_note(deployment), rolling=False)

    async def _recreate(
        self, deployment: Deployment, current: ReplicaSet | None, others: list[ReplicaSet]
    ) -> RequeueAfter | None:
        shrinking = [rollout.Scale(each, 0) for each in others if each.spec.replicas]
        for step in shrinking:
            await self._scale(deployment, step)
        others = self._all_fresh(others)
        if shrinking or self._still_running(others):
            return await self._write_status(deployment, current, others, note=_pause_note(deployment))
        return await self._roll(deployment, current, others)

    def _still_running(self, others: Iterable[ReplicaSet]) -> bool:
        return any(
            pod.status.phase not in ("Succeeded", "Failed", "Unknown")
            for each in others
            for pod in self._pods_of.get(each.metadata.uid)
        )

    async def _roll(
        self, deployment: Deployment, current: ReplicaSet | None, others: list[ReplicaSet]
    ) -> RequeueAfter | None:
        note = _pause_note(deployment)
        if current is None:
            current, note = await self._make_set(deployment, others)
        elif (step := rollout.grow_current(deployment, current, others)) is not None:
            await self._scale(deployment, step)
        else:
            for step in rollout.shrink_others(deployment, current, others):
                await self._scale(deployment, step)
            if status.complete(deployment, status.counts(deployment, current, others)):
                await self._clean_up(deployment, others)
        return await self._write_status(deployment, self._fresh(current), self._all_fresh(others), note=note)

    async def _make_set(self, deployment: Deployment, others: list[ReplicaSet]) -> tuple[ReplicaSet, status.Note]:
        meta = deployment.metadata
        bare = templates.bare(deployment.spec.template)
        digest = templates.template_hash(bare, deployment.status.collision_count or 0)
        number = annotations.next_revision(others)
        size = rollout.initial_size(deployment, others)
        bare["metadata"]["labels"][HASH_LABEL] = digest
        labels = {**(deployment.spec.selector.get("matchLabels") or {}), HASH_LABEL: digest}
        body: dict[str, Any] = {
            "apiVersion": SETS.api_version,
            "kind": SETS.kind,
            "metadata": {
                "name": f"{meta.name}-{digest}",
                "namespace": meta.namespace,
                "labels": bare["metadata"]["labels"],
                "annotations": annotations.of_new(deployment, number),
                "ownerReferences": [client_objects.controller_reference(REF.api_version, REF.kind, meta)],
            },
            "spec": {
                "replicas": size,
                "minReadySeconds": deployment.spec.min_ready_seconds,
                "selector": {**deployment.spec.selector, "matchLabels": labels},
                "template": bare,
            },
        }
        try:
            self._sets.wrote(await self._client.send("POST", SETS.path(meta.namespace), body))
        except ApiError as error:
            if not error.already_exists:
                raise
            return await self._use_existing(deployment, body["metadata"]["name"], error)
        made = self._sets.store[f"{meta.namespace}/{meta.name}-{digest}"]
        if size:
            self._tell_scaled(deployment, made.metadata.name, 0, size)
        await self._set_revision(deployment, number)
        message = f'Created new replica set "{made.metadata.name}"'
        return made, status.Note("True", "NewReplicaSetCreated", message)

    async def _use_existing(self, deployment: Deployment, name: str, error: ApiError) -> tuple[ReplicaSet, status.Note]:
        """The name is taken: by our own set that the cache has not shown yet, or by a collision of hashes."""
        raw = await self._client.call("GET", SETS.path(deployment.metadata.namespace, name))
        self._sets.wrote(raw)
        existing = msgspec.json.decode(raw, type=ReplicaSet)
        controller = existing.metadata.controller
        same = templates.bare(existing.spec.template) == templates.bare(deployment.spec.template)
        if controller is not None and controller.uid == deployment.metadata.uid and same:
            return existing, status.Note("True", "FoundNewReplicaSet", f'Found new replica set "{name}"')
        patch = {"status": {"collisionCount": (deployment.status.collision_count or 0) + 1}}
        await self._patch_deployment(deployment, patch, "status")
        raise error

    async def _annotate(self, deployment: Deployment, current: ReplicaSet, others: list[ReplicaSet]) -> ReplicaSet:
        """Bring the revision, copied annotations and minReadySeconds of the current set up to date."""
        number = max(rollout.revision(current), annotations.next_revision(others))
        changed = annotations.changes(deployment, current, number)
        patch: dict[str, Any] = {"metadata": {"annotations": changed}} if changed else {}
        if current.spec.min_ready_seconds != deployment.spec.min_ready_seconds:
            patch["spec"] = {"minReadySeconds": deployment.spec.min_ready_seconds}
        if patch:
            await self._patch_set(current, patch)
        await self._set_revision(deployment, number)
        return self._sets.get(current.metadata.key) or current

    async def _set_revision(self, deployment: Deployment, number: int) -> None:
        if deployment.metadata.annotations.get(REVISION) != str(number):
            await self._patch_deployment(deployment, {"metadata": {"annotations": {REVISION: str(number)}}})

    async def _scale(self, deployment: Deployment, step: rollout.Scale) -> None:
        replica_set, before = step.replica_set, step.replica_set.spec.replicas
        sizes = annotations.sizes(deployment)
        if step.size == before and sizes.items() <= replica_set.metadata.annotations.items():
            return
        patch: dict[str, Any] = {"metadata": {"annotations": sizes}}
        if step.size != before:
            patch["spec"] = {"replicas": step.size}
        await self._patch_set(replica_set, patch)
        if step.size != before:
            self._tell_scaled(deployment, replica_set.metadata.name, before, step.size)

    def _tell_scaled(self, deployment: Deployment, name: str, before: int, after: int) -> None:
        way = "up" if after > before else "down"
        about = client_objects.reference(REF.api_version, REF.kind, deployment.metadata)
        self._events.record(about, "ScalingReplicaSet", f"Scaled {way} replica set {name} from {before} to {after}")

    async def _clean_up(self, deployment: Deployment, others: list[ReplicaSet]) -> None:
        for each in rollout.expendable(deployment, others):
            await deletion.delete(self._client, SETS, self._sets, each.metadata)

    async def _write_status(
        self,
        deployment: Deployment,
        current: ReplicaSet | None,
        others: list[ReplicaSet],
        *,
        note: status.Note | None = None,
        rolling: bool = True,
    ) -> RequeueAfter | None:
        deployment = self._deployments.get(deployment.metadata.key) or deployment
        now = self._context.time.time()
        made = status.full(deployment, current, others, now=now, note=note, rolling=rolling)
        if made != deployment.status:
            await self._patch_deployment(deployment, {"status": msgspec.to_builtins(made)}, "status")
        again = status.deadline_in(deployment, made, now) if rolling else None
        return RequeueAfter(again) if again else None

    async def _patch_deployment(self, deployment: Deployment, patch: dict[str, Any], sub: str | None = None) -> None:
        patch.setdefault("metadata", {})["uid"] = deployment.metadata.uid
        path = REF.path_of(deployment.metadata.key, sub)
        self._deployments.wrote(await self._client.send("PATCH", path, patch, content_type=rest.MERGE_PATCH))

    async def _patch_set(self, replica_set: ReplicaSet, patch: dict[str, Any]) -> None:
        patch.setdefault("metadata", {})["uid"] = replica_set.metadata.uid
        path = SETS.path_of(replica_set.metadata.key)
        self._sets.wrote(await self._client.send("PATCH", path, patch, content_type=rest.MERGE_PATCH))

    def _fresh(self, replica_set: ReplicaSet | None) -> ReplicaSet | None:
        return self._sets.get(replica_set.metadata.key) if replica_set is not None else None

    def _all_fresh(self, replica_sets: list[ReplicaSet]) -> list[ReplicaSet]:
        return [fresh for each in replica_sets if (fresh := self._fresh(each)) is not None]


def _pause_note(deployment: Deployment) -> status.Note | None:
    """Pausing and resuming start and end the time in which no progress is expected."""
    progress = condition(deployment.status.conditions, "Progressing")
    was_paused = progress is not None and progress.reason == PAUSED
    if deployment.spec.paused and not was_paused:
        return status.Note("Unknown", PAUSED, "Deployment is paused")
    if was_paused and not deployment.spec.paused:
        return status.Note("Unknown", RESUMED, "Deployment is resumed")
    return None


def _owner_or_namespace(replica_set: ReplicaSet) -> list[str]:
    """By the uid of the controller; those without one by `/namespace`."""
    controller = replica_set.metadata.controller
    return [controller.uid if controller else f"/{replica_set.metadata.namespace}"]
