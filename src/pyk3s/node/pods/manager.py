"""All pods of this node: a worker for each, news brought to them, and what the runtime has without a pod taken away."""

import asyncio

from pyk3s.client import informer
from pyk3s.cri import runtime
from pyk3s.lib import log, tasks
from pyk3s.node import objects
from pyk3s.node.pods.observed import RuntimePod
from pyk3s.node.pods.services import NodeServices
from pyk3s.node.pods.worker import Worker

RELIST_SECONDS = 120.0  # a safety net: events tell of everything
ORPHAN_GRACE_SECONDS = 30
RESTART_SECONDS = 5.0
QOS_CLASSES = ("Guaranteed", "Burstable", "BestEffort")

_log = log.get_logger("node")


class Pods:
    """The workers by uid."""

    def __init__(self, node: NodeServices, source: "informer.Informer[objects.Pod]", owner: tasks.TaskOwner):
        self._node, self._source, self._owner = node, source, owner
        self._workers: dict[str, Worker] = {}
        self._states: dict[str, RuntimePod] = {}
        self._guard = tasks.TaskOwner("pods", on_failure=self._failed)

    @property
    def pods(self) -> list[objects.Pod]:
        return [worker.pod for worker in self._workers.values()]

    def find(self, namespace: str, name: str) -> Worker | None:
        """The worker of a pod, that of the newer one if two share the name."""
        found = [each for each in self._workers.values() if each.pod.namespace == namespace and each.pod.name == name]
        return next((each for each in found if not each.pod.deleted), found[0] if found else None)

    def content_changed(self, uid: str) -> None:
        if worker := self._workers.get(uid):
            worker.content_changed()

    async def run(self) -> None:
        """Follow the pods of this node until cancelled; their workers end with this, the containers stay."""
        async with self._guard:
            self._source.on_change(self._changed)
            await self._source.synced()
            await self.relist()
            while True:
                await self._node.time.sleep(RELIST_SECONDS)
                await self.relist()

    def _changed(self, old: objects.Pod | None, new: objects.Pod | None) -> None:
        if old is not None and (new is None or new.uid != old.uid) and (worker := self._workers.get(old.uid)):
            worker.removed()
        if new is not None:
            if worker := self._workers.get(new.uid):
                worker.update(new)
            else:
                self._adopt(new)

    def _adopt(self, pod: objects.Pod) -> None:
        worker = self._workers[pod.uid] = Worker(self._node, pod, self._gone)
        self._guard.start(worker.run(), pod.uid)

    def _gone(self, uid: str) -> None:
        self._workers.pop(uid, None)

    def _failed(self, name: str, error: BaseException) -> None:
        """A worker died of something unforeseen: its pod gets a new one, a little later."""
        uid = name.rpartition("/")[2]
        worker = self._workers.pop(uid, None)
        _log.error("pod worker failed; starting another", pod=worker.pod.key if worker else uid, error=repr(error))
        if worker is not None:
            self._guard.start(self._again(worker.pod), f"again-{uid}")

    async def _again(self, pod: objects.Pod) -> None:
        await self._node.time.sleep(RESTART_SECONDS)
        present = self._source.get(pod.key)
        if present is not None and present.uid == pod.uid and pod.uid not in self._workers:
            self._adopt(present)

    # News from the runtime.

    async def container_ended(self, container_id: str) -> None:
        """A container ended or ran out of memory."""
        if self._node.observer.owner(container_id) is None:
            await self.relist()  # it ended before anybody looked at it
        uid = self._node.observer.owner(container_id) or ""
        if worker := self._workers.get(uid):
            worker.container_ended(container_id)

    async def relist(self) -> None:
        """Compare all that the runtime has with what is known: wake who differs, remove what belongs to no pod."""
        try:
            everything = await self._node.observer.everything()
        except (runtime.CriError, OSError, TimeoutError) as error:
            _log.warning("the runtime cannot be listed", error=error)
            return
        for uid, seen in everything.items():
            worker = self._workers.get(uid)
            if worker is None and self._source.is_synced:
                self._owner.start(self._remove_orphan(seen), f"orphan-{uid}")
            elif worker is not None and self._states.get(uid) != seen:
                worker.wake()
        self._states = everything
        self._remove_folders(set(everything))

    async def _remove_orphan(self, seen: RuntimePod) -> None:
        """End what belongs to a pod that the API no longer has."""
        cri = self._node.cri
        try:
            running = [each for each in seen.containers if each.running]
            await asyncio.gather(*(cri.stop_container(each.id, ORPHAN_GRACE_SECONDS) for each in running))
            for sandbox in seen.sandboxes:
                await cri.stop_sandbox(sandbox.id)
            for container in seen.containers:
                await cri.remove_container(container.id)
            for sandbox in seen.sandboxes:
                await cri.remove_sandbox(sandbox.id)
            await asyncio.to_thread(self._remove_left_over, seen.uid)
        except (runtime.CriError, OSError) as error:
            _log.warning("orphaned pod cannot be removed yet", pod=f"{seen.namespace}/{seen.name}", error=error)
        else:
            self._node.observer.forget(seen.uid)
            _log.info("orphaned pod removed", pod=f"{seen.namespace}/{seen.name}")

    def _remove_folders(self, present: set[str]) -> None:
        """What is left of pods that neither the API nor the runtime has; every pod has a folder."""
        known = present | set(self._workers)
        folder = self._node.settings.pods_dir
        for uid in [each.name for each in folder.iterdir() if each.name not in known] if folder.is_dir() else ():
            try:
                self._remove_left_over(uid)
            except OSError as error:
                _log.warning("left-over of a pod cannot be removed yet", uid=uid, error=error)

    def _remove_left_over(self, uid: str) -> None:
        for qos in QOS_CLASSES:
            self._node.groups.remove(self._node.groups.pod_parent(qos, uid))
        self._node.volumes.remove(uid)
