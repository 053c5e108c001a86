"""What every controller is given: the client, settings, shared informers, an event recorder and the time."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, overload

from pyk3s.client import informer, recorder, resources, rest, store
from pyk3s.client.objects import Projection
from pyk3s.controllers import objects
from pyk3s.controllers.settings import ControllerSettings
from pyk3s.lib import clock

S = TypeVar("S", bound=Projection)
T = TypeVar("T")


class Context:
    """Shared by all controllers of a process. An informer exists only if some controller asked for it."""

    def __init__(self, client: rest.Client, settings: ControllerSettings, time: clock.Clock | None = None):
        self.client, self.settings = client, settings
        self.time: clock.Clock = time or clock.SystemClock()
        self.events = recorder.EventRecorder(client, "controller-manager", time=self.time)
        self._informers: dict[Hashable, informer.Informer[Any]] = {}
        self._by_controller: store.Index[objects.Pod] | None = None
        self._by_node: store.Index[objects.Pod] | None = None

    @property
    def informers(self) -> list[informer.Informer[Any]]:
        """Those that controllers have asked for so far."""
        return list(self._informers.values())

    @overload
    def shared(
        self, ref: resources.ResourceRef, struct: type[S], *, namespace: str | None = ..., field_selector: str = ...
    ) -> informer.Informer[S]: ...
    @overload
    def shared(
        self, ref: resources.ResourceRef, struct: type[S], *, keep: Callable[[S], T]
    ) -> informer.Informer[T]: ...
    def shared(self, ref: resources.ResourceRef, struct: type[Any], **options: Any) -> informer.Informer[Any]:
        """The one informer of a resource, or of the part that options choose, for that projection."""
        asked = (ref, struct, *options.items())
        if asked not in self._informers:
            self._informers[asked] = informer.Informer(self.client, ref, struct, **options)
        return self._informers[asked]

    @property
    def pods(self) -> informer.Informer[objects.Pod]:
        return self.shared(resources.PODS, objects.Pod)

    @property
    def pods_by_controller(self) -> store.Index[objects.Pod]:
        """Pods under the uid of their controller, under `/namespace` if they have none."""
        if self._by_controller is None:
            self._by_controller = self.pods.index(_controller_or_namespace)
        return self._by_controller

    @property
    def pods_by_node(self) -> store.Index[objects.Pod]:
        """Pods under the name of their node."""
        if self._by_node is None:
            self._by_node = self.pods.index(_node)
        return self._by_node

    @property
    def nodes(self) -> informer.Informer[objects.Node]:
        return self.shared(resources.NODES, objects.Node)

    @property
    def namespaces(self) -> informer.Informer[objects.Namespace]:
        return self.shared(resources.NAMESPACES, objects.Namespace)

    @property
    def replica_sets(self) -> informer.Informer[objects.ReplicaSet]:
        return self.shared(resources.REPLICA_SETS, objects.ReplicaSet, keep=objects.keep_replica_set)


def _controller_or_namespace(pod: objects.Pod) -> list[str]:
    controller = pod.metadata.controller
    return [controller.uid if controller else f"/{pod.metadata.namespace}"]


def _node(pod: objects.Pod) -> list[str]:
    return [pod.spec.node_name] if pod.spec.node_name else []
