"""Removes pods that nobody else will: those of nodes that are gone, unscheduled ones marked for deletion, and the
oldest finished ones beyond a limit.

Driven by events: a pod is looked at when it, or its node, changes; nothing scans.
"""

from pyk3s.client import errors, resources, rest
from pyk3s.client.reconciler import Reconciler, RequeueAfter
from pyk3s.controllers import deletion, pods
from pyk3s.controllers.context import Context
from pyk3s.controllers.objects import Node, Pod
from pyk3s.lib import timestamps

FINISHED = "finished"


class Controller:
    """The pod garbage collector."""

    name = "podgc"

    def __init__(self, context: Context):
        self._client, self._time, self._settings = context.client, context.time, context.settings
        self._pods, self._nodes, self._pods_on = context.pods, context.nodes, context.pods_by_node
        self._finished = self._pods.index(lambda pod: [FINISHED] if pods.is_finished(pod) else [])
        self._missed: dict[str, float] = {}  # node that pods name but nobody knows -> since when
        self._reconciler = Reconciler(self.name, self._reconcile, workers=2)
        self._pods.on_change(self._pod_changed)
        self._nodes.on_change(self._node_changed)

    async def run(self) -> None:
        await self._reconciler.run()

    def _pod_changed(self, old: Pod | None, new: Pod | None) -> None:
        if new is None:
            return
        stray = new.spec.node_name and self._nodes.get(new.spec.node_name) is None
        stuck = not new.spec.node_name and new.metadata.deletion_timestamp is not None
        if stray or stuck:
            self._reconciler.add(new.metadata.key)
        if pods.is_finished(new) and (old is None or not pods.is_finished(old)):
            self._reconciler.add(FINISHED)

    def _node_changed(self, old: Node | None, new: Node | None) -> None:
        if new is not None:
            self._missed.pop(new.metadata.name, None)
        elif old is not None:
            for pod in self._pods_on.get(old.metadata.name):
                self._reconciler.add(pod.metadata.key)

    async def _reconcile(self, key: str) -> RequeueAfter | None:
        if key == FINISHED:
            await self._trim_finished()
            return None
        pod = self._pods.get(key)
        if pod is None:
            return None
        if not pod.spec.node_name:
            if pod.metadata.deletion_timestamp is not None:
                await self._remove(pod)
            return None
        if self._nodes.get(pod.spec.node_name) is not None:
            return None
        return await self._remove_orphan(pod)

    async def _remove_orphan(self, pod: Pod) -> RequeueAfter | None:
        """The node may only not have registered yet: wait, then ask the server itself."""
        now = self._time.monotonic()
        left = self._missed.setdefault(pod.spec.node_name, now) + self._settings.orphan_quarantine_s - now
        if left > 0:
            return RequeueAfter(left)
        try:
            await self._client.call("GET", resources.NODES.path(name=pod.spec.node_name))
        except errors.ApiError as error:
            if not error.not_found:
                raise
            await self._remove(pod, "PodGC: node no longer exists")
        return None

    async def _trim_finished(self) -> None:
        finished = self._finished.get(FINISHED)
        surplus = len(finished) - self._settings.terminated_pods_most
        if surplus > 0:
            for pod in sorted(finished, key=lambda each: each.metadata.creation_timestamp or "")[:surplus]:
                await self._remove(pod)

    async def _remove(self, pod: Pod, disruption: str = "") -> None:
        """Delete without grace; a pod that cannot be running any more is told to have failed first."""
        if not pods.is_finished(pod) and disruption:
            await self._mark_failed(pod, disruption)
        await deletion.delete(self._client, resources.PODS, self._pods, pod.metadata, gracePeriodSeconds=0)

    async def _mark_failed(self, pod: Pod, message: str) -> None:
        told = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "DeletionByPodGC",
            "message": message,
            "lastTransitionTime": timestamps.rfc3339(self._time.time()),
        }
        patch = {"metadata": {"uid": pod.metadata.uid}, "status": {"phase": "Failed", "conditions": [told]}}
        path = resources.PODS.path_of(pod.metadata.key, "status")
        with errors.gone_is_fine():
            await self._client.send("PATCH", path, patch, content_type=rest.STRATEGIC_PATCH)
