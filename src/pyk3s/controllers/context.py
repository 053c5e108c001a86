"""What every controller is given: the client, settings, shared informers, an event recorder and the time."""

from collections.abc import Callable
from typing import Any, TypeVar

from pyk3s.client import informer, recorder, resources, rest, store
from pyk3s.controllers import objects
from pyk3s.controllers.settings import ControllerSettings
from pyk3s.lib import clock

T = TypeVar("T")


class Context:
    """Shared by all controllers of a process. An informer exists only if some controller asked for it."""

    def __init__(self, client: rest.Client, settings: ControllerSettings, time: clock.Clock | None = None):
        self.client, self.settings = client, settings
        self.time: clock.Clock = time or clock.SystemClock()
        self.events = recorder.EventRecorder(client, "controller-manager", time=self.time)
        self.informers: dict[str, informer.Informer[Any]] = {}
        self._by_controller: store.Index[objects.Pod] | None = None
        self._by_node: store.Index[objects.Pod] | None = None

    def shared(self, name: str, make: Callable[[], informer.Informer[T]]) -> informer.Informer[T]:
        """The informer of that name, made at first use."""
        if name not in self.informers:
            self.informers[name] = make()
        return self.informers[name]

    @property
    def pods(self) -> informer.Informer[objects.Pod]:
        return self.shared("pods", lambda: informer.Informer(self.client, resources.PODS, objects.Pod))

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
        return self.shared("nodes", lambda: informer.Informer(self.client, resources.NODES, objects.Node))

    @property
    def namespaces(self) -> informer.Informer[objects.Namespace]:
        return self.shared(
            "namespaces", lambda: informer.Informer(self.client, resources.NAMESPACES, objects.Namespace)
        )

    @property
    def replica_sets(self) -> informer.Informer[objects.ReplicaSet]:
        return self.shared(
            "replicasets",
            lambda: informer.Informer(
                self.client, resources.REPLICA_SETS, objects.ReplicaSet, keep=objects.keep_replica_set
            ),
        )


def _controller_or_namespace(pod: objects.Pod) -> list[str]:
    controller = pod.metadata.controller
    return [controller.uid if controller else f"/{pod.metadata.namespace}"]


def _node(pod: objects.Pod) -> list[str]:
    return [pod.spec.node_name] if pod.spec.node_name else []
