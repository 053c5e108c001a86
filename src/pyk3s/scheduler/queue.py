"""Pods that wait for a node: ready ones by priority and arrival, and those that fit nowhere, grouped by shape. No I/O.

A group is tried again when a node changes so that its shape fits there: one comparison per shape and changed node,
however many pods wait.
"""

import heapq
import itertools
from collections.abc import Callable, Iterable
from typing import NamedTuple

from pyk3s.scheduler.demand import Shape


class Waiting(NamedTuple):
    """A pod without a node. `told` is the message that its PodScheduled condition carries."""

    key: str
    uid: str
    priority: int
    shape: Shape
    told: str


class PodQueue:
    """Ready pods and hopeless ones."""

    def __init__(self) -> None:
        self._ready: list[tuple[int, int, str]] = []
        self._ready_pods: dict[str, tuple[int, Waiting]] = {}
        self._hopeless: dict[Shape, dict[str, Waiting]] = {}
        self._where: dict[str, Shape] = {}
        self._arrival = itertools.count()

    def __len__(self) -> int:
        return len(self._ready_pods)

    def add(self, pod: Waiting) -> None:
        """Ready to be tried, in place of what was known of the pod before."""
        self.drop(pod.key)
        number = next(self._arrival)
        self._ready_pods[pod.key] = (number, pod)
        heapq.heappush(self._ready, (-pod.priority, number, pod.key))

    def update(self, pod: Waiting) -> None:
        """Something about the pod changed; one that fits nowhere is tried again only if its shape changed."""
        if pod.key in self._ready_pods:
            number, known = self._ready_pods[pod.key]
            if known.priority == pod.priority:
                self._ready_pods[pod.key] = (number, pod)
                return
        elif self._where.get(pod.key) is pod.shape:
            self._hopeless[pod.shape][pod.key] = pod
            return
        self.add(pod)

    def take(self) -> Waiting | None:
        """The next pod to try."""
        while self._ready:
            _, number, key = heapq.heappop(self._ready)
            present = self._ready_pods.get(key)
            if present is not None and present[0] == number:
                del self._ready_pods[key]
                return present[1]
        return None

    def put_aside(self, pod: Waiting) -> None:
        """The pod fits nowhere now."""
        self.drop(pod.key)
        self._hopeless.setdefault(pod.shape, {})[pod.key] = pod
        self._where[pod.key] = pod.shape

    def drop(self, key: str) -> None:
        """The pod has a node, or is no more."""
        self._ready_pods.pop(key, None)
        shape = self._where.pop(key, None)
        if shape is not None:
            group = self._hopeless[shape]
            del group[key]
            if not group:
                del self._hopeless[shape]

    def retry(self, hopeful: Callable[[Shape], bool]) -> None:
        """Make the groups ready whose shape is hopeful now."""
        for shape in [shape for shape in self._hopeless if hopeful(shape)]:
            for pod in self._hopeless.pop(shape).values():
                del self._where[pod.key]
                self.add(pod)

    def shapes(self) -> Iterable[Shape]:
        """The shapes of all waiting pods."""
        yield from self._hopeless
        for _, pod in self._ready_pods.values():
            yield pod.shape
