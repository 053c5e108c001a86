"""What a pod asks of a node, as a Shape: pods with equal demands share one, so it is worked out once for all of them.

Amounts are integers: CPU in thousandths of a core, everything else in its unit (bytes, pieces), rounded up.
"""

import functools
from collections.abc import Iterable, Mapping

from pyk3s.api import quantity
from pyk3s.scheduler.objects import Container, NodeAffinity, Pod, PodSpec, Toleration

Amounts = dict[str, int]
HostPort = tuple[str, str, int]  # protocol, address ("" is every address), port
LIKELY_CPU = 100  # what a container that asks for nothing is counted as when nodes are compared
LIKELY_MEMORY = 200 * 1024 * 1024


@functools.lru_cache(maxsize=4096)
def amount(resource: str, text: str) -> int:
    """An API quantity as an integer of the resource's unit."""
    parsed = quantity.parse(text)
    return parsed.milli if resource == "cpu" else parsed.value


class Shape:
    """An immutable demand. Compared by identity: `Shapes` hands out one per distinct demand."""

    __slots__ = ("affinity", "likely_cpu", "likely_memory", "node_selector", "ports", "requests", "tolerations")

    def __init__(
        self,
        requests: tuple[tuple[str, int], ...],
        likely: tuple[int, int],
        node_selector: tuple[tuple[str, str], ...],
        affinity: NodeAffinity | None,
        tolerations: tuple[Toleration, ...],
        ports: tuple[HostPort, ...],
    ):
        self.requests, self.node_selector, self.affinity = requests, node_selector, affinity
        self.likely_cpu, self.likely_memory = likely
        self.tolerations, self.ports = tolerations, ports


class Shapes:
    """Hands out the Shape of a pod."""

    def __init__(self) -> None:
        self._known: dict[object, Shape] = {}

    def of(self, pod: Pod) -> Shape:
        spec = pod.spec
        requests = _requests(spec)
        likely = (_likely(spec, requests, "cpu", LIKELY_CPU), _likely(spec, requests, "memory", LIKELY_MEMORY))
        parts = (
            tuple(sorted((name, wanted) for name, wanted in requests.items() if wanted)),
            likely,
            tuple(sorted(spec.node_selector.items())) if spec.node_selector else (),
            spec.affinity.node_affinity if spec.affinity else None,
            tuple(spec.tolerations) if spec.tolerations else (),
            tuple(_ports(spec)),
        )
        shape = self._known.get(parts)
        if shape is None:
            shape = self._known[parts] = Shape(*parts)
        return shape

    def keep_only(self, used: Iterable[Shape]) -> None:
        """Forget every shape but these."""
        wanted = set(used)
        self._known = {parts: shape for parts, shape in self._known.items() if shape in wanted}

    def __len__(self) -> int:
        return len(self._known)


def _requests(spec: PodSpec) -> Amounts:
    """Containers run together; init containers one after another, sidecars stay once started; overhead comes on top."""
    total: Amounts = {}
    for container in spec.containers:
        _add(total, _asked(container))
    if spec.init_containers:
        total = _with_init(total, spec.init_containers)
    if spec.resources and spec.resources.requests:
        for name, text in spec.resources.requests.items():
            total[name] = amount(name, text)
    if spec.overhead:
        _add(total, {name: amount(name, text) for name, text in spec.overhead.items()})
    return total


def _with_init(running: Amounts, init_containers: list[Container]) -> Amounts:
    sidecars: Amounts = {}
    peak: Amounts = {}
    for container in init_containers:
        asked = _asked(container)
        if container.restart_policy == "Always":
            _add(sidecars, asked)
            _raise(peak, sidecars)
        else:
            together = dict(sidecars)
            _add(together, asked)
            _raise(peak, together)
    total = dict(running)
    _add(total, sidecars)
    _raise(total, peak)
    return total


def _asked(container: Container) -> Amounts:
    requests = container.resources.requests
    return {name: amount(name, text) for name, text in requests.items()} if requests else {}


def _add(total: Amounts, more: Mapping[str, int]) -> None:
    for name, value in more.items():
        total[name] = total.get(name, 0) + value


def _raise(peak: Amounts, other: Mapping[str, int]) -> None:
    for name, value in other.items():
        if value > peak.get(name, 0):
            peak[name] = value


def _likely(spec: PodSpec, requests: Amounts, name: str, default: int) -> int:
    missing = sum(1 for each in spec.containers if not each.resources.requests or name not in each.resources.requests)
    return requests.get(name, 0) + (0 if spec.resources else missing * default)


def _ports(spec: PodSpec) -> Iterable[HostPort]:
    for container in spec.containers:
        for port in container.ports:
            if port.host_port:
                yield (port.protocol, "" if port.host_ip in ("", "0.0.0.0", "::") else port.host_ip, port.host_port)
