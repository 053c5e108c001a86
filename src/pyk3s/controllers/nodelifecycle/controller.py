"""Watches the nodes' heartbeats and acts on what `decide` makes of them.

A heartbeat is a change of the node's Lease or of its status, noted with this process's own clock, so clocks of nodes
do not matter. Each node has one timer, set for the moment at which it would have been silent for too long.
"""

from typing import Any

import msgspec

from pyk3s.client import errors, objects, resources, rest
from pyk3s.client.reconciler import Reconciler, RequeueAfter
from pyk3s.controllers import deletion, pods
from pyk3s.controllers.context import Context
from pyk3s.controllers.nodelifecycle import decide
from pyk3s.controllers.objects import Node, Pod, condition
from pyk3s.lib import tasks, timestamps

LEASE_NAMESPACE = "kube-node-lease"


class LeaseSpec(msgspec.Struct, rename="camel"):
    renew_time: str = ""


class Lease(msgspec.Struct):
    metadata: objects.Identity
    spec: LeaseSpec = msgspec.field(default_factory=LeaseSpec)


class Controller:
    """The node lifecycle controller."""

    name = "nodelifecycle"

    def __init__(self, context: Context):
        self._client, self._time, self._events = context.client, context.time, context.events
        self._grace_s = context.settings.node_grace_s
        self._nodes, self._pods = context.nodes, context.pods
        self._pods_on = context.pods_by_node
        self._leases = context.shared(resources.LEASES, Lease, namespace=LEASE_NAMESPACE)
        self._heard: dict[str, float] = {}
        self._ready: set[str] = set()
        self._reconciler = Reconciler(self.name, self._reconcile, workers=2)
        self._evictions = Reconciler(f"{self.name}-evictions", self._evict, workers=2)
        self._leases.on_change(self._lease_changed)
        self._nodes.on_change(self._node_changed)
        self._pods.on_change(self._pod_changed)

    async def run(self) -> None:
        async with tasks.TaskOwner(self.name) as owner:
            owner.start(self._reconciler.run(), "nodes")
            owner.start(self._evictions.run(), "evictions")
            await owner.run()

    def _lease_changed(self, old: Lease | None, new: Lease | None) -> None:
        if new is not None:
            self._hear(new.metadata.name)

    def _hear(self, name: str) -> None:
        self._heard[name] = self._time.monotonic()

    def _node_changed(self, old: Node | None, new: Node | None) -> None:
        if new is None:
            if old is not None:
                self._heard.pop(old.metadata.name, None)
                self._note_ready(old.metadata.name, ready=False, exists=False)
            return
        name = new.metadata.name
        if name not in self._heard or (old is not None and _heartbeat(old) != _heartbeat(new)):
            self._hear(name)
        self._note_ready(name, ready=decide.is_ready(new), exists=True)
        if old is None or _facts(old) != _facts(new):
            self._reconciler.add(name)
        if old is None or old.spec.taints != new.spec.taints:
            for pod in self._pods_on.get(name):
                self._consider(pod, new)

    def _note_ready(self, name: str, *, ready: bool, exists: bool) -> None:
        """When the first node becomes ready or the last one is lost, every node's taints change."""
        had_any = bool(self._ready)
        (self._ready.add if ready else self._ready.discard)(name)
        if had_any != bool(self._ready):
            for each in self._nodes.store:
                self._reconciler.add(each)

    def _pod_changed(self, old: Pod | None, new: Pod | None) -> None:
        if new is None:
            if old is not None:
                self._evictions.queue.drop_delay(old.metadata.key)
            return
        if old is None or old.spec.node_name != new.spec.node_name or old.spec.tolerations != new.spec.tolerations:
            node = self._nodes.get(new.spec.node_name)
            if node is not None:
                self._consider(new, node)

    def _consider(self, pod: Pod, node: Node) -> None:
        """Set, move or drop the time at which the pod must leave."""
        due = decide.evict_in(pod, node.spec.taints, self._time.time())
        if due is None:
            self._evictions.queue.drop_delay(pod.metadata.key)
        else:
            self._evictions.queue.add_after(pod.metadata.key, due, replace=True)

    async def _reconcile(self, name: str) -> RequeueAfter | None:
        node = self._nodes.get(name)
        if node is None:
            return None
        left = self._heard[name] + self._grace_s - self._time.monotonic()
        if left <= 0:
            await self._mark_silent(node)
            node = self._nodes.get(name) or node
        await self._set_taints(node)
        if not decide.is_ready(node) and condition(node.status.conditions, "Ready") is not None:
            await self._mark_pods(node)
        return RequeueAfter(left) if left > 0 else None

    async def _mark_silent(self, node: Node) -> None:
        made = decide.silent_conditions(node, self._time.time())
        if made == node.status.conditions:
            return
        about = objects.reference("v1", "Node", node.metadata)
        self._events.record(about, "NodeNotReady", f"Node {node.metadata.name} status is now: NodeNotReady")
        patch = {"metadata": {"uid": node.metadata.uid}, "status": {"conditions": decide.encoded(made)}}
        await self._patch_node(node, patch, "status")

    async def _set_taints(self, node: Node) -> None:
        made = decide.taints(node, evict=bool(self._ready), now=self._time.time())
        if made != node.spec.taints:
            meta = node.metadata
            patch = {
                "metadata": {"uid": meta.uid, "resourceVersion": meta.resource_version},
                "spec": {"taints": decide.encoded(made) or None},
            }
            await self._patch_node(node, patch)

    async def _patch_node(self, node: Node, patch: dict[str, Any], sub: str | None = None) -> None:
        path = resources.NODES.path(name=node.metadata.name, subresource=sub)
        self._nodes.wrote(await self._client.send("PATCH", path, patch, content_type=rest.MERGE_PATCH))

    async def _mark_pods(self, node: Node) -> None:
        """Services must not send traffic to pods of a lost node."""
        for pod in self._pods_on.get(node.metadata.name):
            if not pods.is_ready(pod):
                continue
            stamp = timestamps.rfc3339(self._time.time())
            lost = {"type": "Ready", "status": "False", "lastTransitionTime": stamp}
            patch = {"metadata": {"uid": pod.metadata.uid}, "status": {"conditions": [lost]}}
            path = resources.PODS.path_of(pod.metadata.key, "status")
            with errors.gone_is_fine(changed=True):
                self._pods.wrote(await self._client.send("PATCH", path, patch, content_type=rest.STRATEGIC_PATCH))
            about = pods.reference(pod)
            self._events.record(about, "NodeNotReady", "Node is not ready", warning=True)

    async def _evict(self, key: str) -> RequeueAfter | None:
        pod = self._pods.get(key)
        node = self._nodes.get(pod.spec.node_name) if pod else None
        if pod is None or node is None or pod.metadata.deletion_timestamp is not None:
            return None
        due = decide.evict_in(pod, node.spec.taints, self._time.time())
        if due is None:
            return None
        if due > 0:
            return RequeueAfter(due)
        self._events.record(pods.reference(pod), "TaintManagerEviction", f"Marking for deletion Pod {key}")
        await self._mark_disrupted(pod)
        await deletion.delete(self._client, resources.PODS, self._pods, pod.metadata)
        return None

    async def _mark_disrupted(self, pod: Pod) -> None:
        told = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "DeletionByTaintManager",
            "message": "Taint manager: deleting due to NoExecute taint",
            "lastTransitionTime": timestamps.rfc3339(self._time.time()),
        }
        patch = {"metadata": {"uid": pod.metadata.uid}, "status": {"conditions": [told]}}
        path = resources.PODS.path_of(pod.metadata.key, "status")
        await self._client.send("PATCH", path, patch, content_type=rest.STRATEGIC_PATCH)


def _heartbeat(node: Node) -> list[str | None]:
    return [each.last_heartbeat_time for each in node.status.conditions]


def _facts(node: Node) -> tuple[object, ...]:
    """What of a node may change its taints."""
    return ([(each.type, each.status) for each in node.status.conditions], node.spec)
