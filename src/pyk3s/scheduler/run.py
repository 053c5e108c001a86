"""Runs the scheduler: follows pods and nodes, decides, binds.

One loop decides, in batches between turns of the event loop; several binders carry decisions out. A decided pod
counts as placed at once (assumed) until its binding fails. Nothing is polled.
"""

import asyncio
import collections
from typing import Any

from pyk3s.client import informer, objects, recorder, resources, rest
from pyk3s.client.errors import ApiError
from pyk3s.lib import backoff, clock, log, tasks, timestamps
from pyk3s.scheduler.candidates import CandidateBook
from pyk3s.scheduler.cluster import Cluster
from pyk3s.scheduler.demand import Shape, Shapes
from pyk3s.scheduler.filters import fits, static_reason
from pyk3s.scheduler.objects import Node, Pod
from pyk3s.scheduler.queue import PodQueue, Waiting
from pyk3s.scheduler.settings import SchedulerSettings

LIVING = "status.phase!=Succeeded,status.phase!=Failed"
SHAPES_SWEEP = 4096  # forget unused shapes when there are more

_log = log.get_logger("scheduler")


class PodState:
    """What is kept of a pod."""

    __slots__ = ("name", "namespace", "node", "priority", "shape", "told", "uid", "waits")

    def __init__(self, pod: Pod, shape: Shape, scheduler: str):
        self.namespace, self.name, self.uid = pod.metadata.namespace, pod.metadata.name, pod.metadata.uid
        self.node, self.priority, self.shape = pod.spec.node_name, pod.spec.priority, shape
        self.waits = (
            not pod.spec.node_name
            and pod.spec.scheduler_name == scheduler
            and not pod.spec.scheduling_gates
            and pod.metadata.deletion_timestamp is None
        )
        self.told = ""
        for condition in pod.status.conditions or ():
            if condition.type == "PodScheduled" and condition.status == "False":
                self.told = condition.message

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"

    def reference(self) -> dict[str, Any]:
        return objects.reference("v1", "Pod", objects.Identity(name=self.name, namespace=self.namespace, uid=self.uid))


class Scheduler:
    """The moving parts of one scheduler."""

    def __init__(self, client: rest.Client, settings: SchedulerSettings, time: clock.Clock | None = None):
        self._client, self._settings = client, settings
        self._time = time or clock.SystemClock()
        self._shapes = Shapes()
        self._cluster = Cluster()
        self._book = CandidateBook(self._cluster)
        self._queue = PodQueue()
        self._retried = 0  # position in the cluster's journal up to which hopeless pods were reconsidered
        self._assumed: dict[str, str] = {}  # key -> uid of pods decided but not yet seen on their node
        self._failures: dict[str, backoff.Backoff] = {}
        self._decided: asyncio.Queue[tuple[Waiting, str]] = asyncio.Queue()
        self._untold: collections.OrderedDict[str, tuple[Waiting, str]] = collections.OrderedDict()
        self._work, self._tell = asyncio.Event(), asyncio.Event()
        self._events = recorder.EventRecorder(client, settings.name, time=time)
        self._pods = informer.Informer(client, resources.PODS, Pod, keep=self._keep, field_selector=LIVING)
        self._nodes: informer.Informer[Node] = informer.Informer(client, resources.NODES, Node)

    async def run(self) -> None:
        """Schedule until cancelled; an unexpected failure of any part ends it."""
        async with tasks.TaskOwner("scheduler") as owner:
            self._owner = owner
            self._nodes.on_change(self._node_changed)
            owner.start(self._nodes.run(), "nodes")
            await self._nodes.synced()
            self._pods.on_change(self._pod_changed)
            owner.start(self._pods.run(), "pods")
            await self._pods.synced()
            owner.start(self._events.run(), "events")
            owner.start(self._report(), "report")
            for number in range(self._settings.bindings):
                owner.start(self._bind_decided(), f"bind-{number}")
            owner.start(self._decide(), "decide")
            await owner.run()

    def _keep(self, pod: Pod) -> PodState:
        return PodState(pod, self._shapes.of(pod), self._settings.name)

    def _node_changed(self, old: Node | None, new: Node | None) -> None:
        if new is not None:
            self._cluster.set_node(new)
        elif old is not None:
            self._cluster.remove_node(old.metadata.name)
        self._work.set()

    def _pod_changed(self, old: PodState | None, new: PodState | None) -> None:
        if old is not None and (new is None or new.uid != old.uid):
            self._forget(old.key)
        if new is None:
            return
        if new.node:
            self._assumed.pop(new.key, None)
            self._queue.drop(new.key)
            self._cluster.place(new.key, new.node, new.shape)
        elif not new.waits:
            self._queue.drop(new.key)
        elif new.key not in self._assumed:
            self._queue.update(Waiting(new.key, new.uid, new.priority, new.shape, new.told))
            self._work.set()

    def _forget(self, key: str) -> None:
        self._assumed.pop(key, None)
        self._failures.pop(key, None)
        self._untold.pop(key, None)
        self._queue.drop(key)
        self._cluster.displace(key)
        self._work.set()

    async def _decide(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            self._reconsider()
            while len(self._queue):
                for _ in range(self._settings.batch):
                    pod = self._queue.take()
                    if pod is None:
                        break
                    self._place(pod)
                await asyncio.sleep(0)
                self._reconsider()
            if len(self._shapes) > SHAPES_SWEEP:
                self._shapes.keep_only([*self._cluster.shapes(), *self._queue.shapes()])

    def _place(self, pod: Waiting) -> None:
        candidates = self._book.of(pod.shape)
        node = candidates.best()
        if node is None:
            self._queue.put_aside(pod)
            self._untold[pod.key] = (pod, candidates.refusal())
            self._tell.set()
            return
        self._assumed[pod.key] = pod.uid
        self._cluster.place(pod.key, node, pod.shape)
        self._decided.put_nowait((pod, node))

    def _reconsider(self) -> None:
        """Hopeless pods become ready when a node changed so that they fit."""
        position = self._cluster.position
        if position == self._retried:
            return
        changed = self._cluster.changed_since(self._retried)
        self._retried = position
        names = [node.name for node in self._cluster.nodes()] if changed is None else changed
        nodes = [node for name in names if (node := self._cluster.node(name)) is not None]
        self._queue.retry(lambda shape: any(fits(shape, node) and not static_reason(shape, node) for node in nodes))

    async def _bind_decided(self) -> None:
        while True:
            pod, node = await self._decided.get()
            if self._assumed.get(pod.key) == pod.uid:
                await self._bind(pod, node)

    async def _bind(self, pod: Waiting, node: str) -> None:
        namespace, _, name = pod.key.partition("/")
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": name, "namespace": namespace, "uid": pod.uid},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        }
        try:
            await self._client.send("POST", resources.PODS.path(namespace, name, "binding"), binding)
        except (ApiError, OSError, TimeoutError) as error:
            self._binding_failed(pod, error)
            return
        self._failures.pop(pod.key, None)
        state = self._pods.get(pod.key)
        if state is not None:
            self._events.record(state.reference(), "Scheduled", f"Successfully assigned {pod.key} to {node}")

    def _binding_failed(self, pod: Waiting, error: Exception) -> None:
        if self._assumed.get(pod.key) != pod.uid:
            return  # meanwhile deleted, or seen on a node
        del self._assumed[pod.key]
        self._cluster.displace(pod.key)
        if isinstance(error, ApiError) and error.not_found:
            return
        settings = self._settings
        pause = self._failures.setdefault(pod.key, backoff.Backoff(settings.first_backoff_s, settings.most_backoff_s))
        _log.warning("binding failed", pod=pod.key, error=error or type(error).__name__)
        self._owner.start(self._again(pod, pause.next()), f"again {pod.key}")

    async def _again(self, pod: Waiting, seconds: float) -> None:
        await self._time.sleep(seconds)
        state = self._pods.get(pod.key)
        if state is not None and state.uid == pod.uid and state.waits and pod.key not in self._assumed:
            self._queue.add(pod)
            self._work.set()

    async def _report(self) -> None:
        """Tell why pods wait: event and PodScheduled condition, once per pod and message."""
        while True:
            await self._tell.wait()
            self._tell.clear()
            while self._untold:
                key, (pod, message) = self._untold.popitem(last=False)
                state = self._pods.get(key)
                if state is not None and state.uid == pod.uid and state.waits and state.told != message:
                    await self._tell_one(state, message)

    async def _tell_one(self, pod: PodState, message: str) -> None:
        self._events.record(pod.reference(), "FailedScheduling", message, warning=True)
        now = timestamps.rfc3339(self._time.time())
        condition = {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": message,
            "lastProbeTime": None,
        }
        if not pod.told:
            condition["lastTransitionTime"] = now
        patch = {"metadata": {"uid": pod.uid}, "status": {"conditions": [condition]}}
        try:
            path = resources.PODS.path(pod.namespace, pod.name, "status")
            await self._client.send("PATCH", path, patch, content_type=rest.STRATEGIC_PATCH)
        except (ApiError, OSError, TimeoutError) as error:
            _log.debug("condition not written", pod=pod.key, error=error)


async def run(client: rest.Client, settings: SchedulerSettings | None = None) -> None:
    """Schedule pods until cancelled."""
    await Scheduler(client, settings or SchedulerSettings()).run()
