"""Tells the API a pod's status when it differs from what the API has, and deletes the object of a pod that is gone."""

import pathlib
from collections.abc import Mapping

from pyk3s.client import errors, resources, rest
from pyk3s.cri import log_format
from pyk3s.node import objects
from pyk3s.node.objects import JSON
from pyk3s.node.pods import container_status, planning, status
from pyk3s.node.pods.container_status import Trouble
from pyk3s.node.pods.observed import TERMINATION_POLICY, Container, RuntimePod
from pyk3s.node.pods.services import NodeServices

TAIL_BYTES, TAIL_LINES = 2048, 80  # of the log, where it stands in for a termination message


class Reporter:
    """Reports one pod."""

    def __init__(self, node: NodeServices):
        self._node = node
        self.waiting: dict[str, float] = {}  # containers in back-off
        self._messages: dict[str, str] = {}  # by container id
        self._written: tuple[int, JSON] | None = None  # own last write: resource version and status

    def newer(self, told: JSON, resource_version: str) -> JSON:
        """The later of a watched status and the one last written, so that an old event does not undo a write."""
        if self._written and int(resource_version or 0) < self._written[0]:
            return self._written[1]
        return told

    async def report(
        self,
        pod: objects.Pod,
        seen: RuntimePod,
        verdicts: Mapping[str, planning.Verdict],
        troubles: Mapping[str, Trouble],
        *,
        verdict: status.Verdict | None,
        ended: bool,
    ) -> None:
        """Patch the status if it changed; raises ApiError, OSError."""
        view = container_status.View(
            pod, seen, verdicts, troubles, self.waiting, self._last_words(pod, seen), ended=ended
        )
        made = status.build(view, now=self._node.time.time(), host_ips=self._node.host_ips, verdict=verdict)
        changed = status.patch(pod.status, made)
        if not changed:
            return
        path = resources.PODS.path(pod.namespace, pod.name, "status")
        body = {"metadata": {"uid": pod.uid}, "status": changed}
        try:
            answer = await self._node.client.patch(path, body, rest.STRATEGIC_PATCH)
        except errors.ApiError as error:
            if error.not_found or error.conflict:
                return  # gone, or another pod of that name: the watch will tell
            raise
        pod.status = answer.get("status") or {}
        self._written = (int(answer["metadata"]["resourceVersion"]), pod.status)

    async def delete(self, pod: objects.Pod) -> None:
        """Finish the deletion of a pod whose end was waited for."""
        options: JSON = {"gracePeriodSeconds": 0, "preconditions": {"uid": pod.uid}}
        with errors.gone_is_fine(changed=True):
            await self._node.client.delete(resources.PODS.path(pod.namespace, pod.name), options)

    def _last_words(self, pod: objects.Pod, seen: RuntimePod) -> dict[str, str]:
        """What ended containers left as termination message."""
        for container in seen.containers:
            if container.state == "exited" and container.id not in self._messages:
                self._messages[container.id] = self._read_words(pod, container)
        return self._messages

    def _read_words(self, pod: objects.Pod, container: Container) -> str:
        path = self._node.volumes.termination_path(pod.uid, container.name, container.attempt)
        words = _tail(path, container_status.MESSAGE_BYTES)
        policy = (container.annotations or {}).get(TERMINATION_POLICY)
        if not words and policy == "FallbackToLogsOnError" and container.exit_code:
            return log_format.tail_text(pathlib.Path(container.log_path), TAIL_LINES, TAIL_BYTES)
        return words


def _tail(path: pathlib.Path, most: int) -> str:
    try:
        return path.read_bytes()[:most].decode(errors="replace")
    except OSError:
        return ""
