"""Events about a pod and its containers."""

from collections.abc import Callable

from pyk3s.client import objects as client_objects
from pyk3s.client import recorder
from pyk3s.node import objects
from pyk3s.node.objects import JSON

GROUPS = ("containers", "initContainers", "ephemeralContainers")


class Teller:
    """Records events about one pod."""

    def __init__(self, events: recorder.EventRecorder):
        self._events = events

    def pod(self, pod: objects.Pod, reason: str, message: str, *, warning: bool = False) -> None:
        self._events.record(client_objects.reference("v1", "Pod", pod.metadata), reason, message, warning=warning)

    def container(self, pod: objects.Pod, container: JSON, reason: str, message: str, *, warning: bool = False) -> None:
        about = client_objects.reference("v1", "Pod", pod.metadata)
        about["fieldPath"] = f"spec.{_group(pod, container)}{{{container['name']}}}"
        self._events.record(about, reason, message, warning=warning)

    def of(self, pod: objects.Pod, container: JSON) -> Callable[[str, str, bool], None]:
        """A function that tells of one container."""

        def tell(reason: str, message: str, warning: bool) -> None:
            self.container(pod, container, reason, message, warning=warning)

        return tell


def _group(pod: objects.Pod, container: JSON) -> str:
    for group in GROUPS:
        if any(each["name"] == container["name"] for each in pod.spec.get(group) or ()):
            return group
    return "containers"
